/** A self-signed certificate of issuer.example and its public key, of a private key that nobody kept. */
export const certificate = `-----BEGIN CERTIFICATE-----
MIIBijCCAS+gAwIBAgIUcy/rgcpxV2jR1sOtVlgwKdIzEEEwCgYIKoZIzj0EAwIw
GTEXMBUGA1UEAwwOaXNzdWVyLmV4YW1wbGUwIBcNMjYxMTI0MTAxNDEzWhgPMjEy
NjEwMzExMDE0MTNaMBkxFzAVBgNVBAMMDmlzc3Vlci5leGFtcGxlMFkwEwYHKoZI
zj0CAQYIKoZIzj0DAQcDQgAEMxmouLfOtkDlBgnr9u9JYxvW3x1mRRyJzPn1CFeI
psOkK9q5oiKyAjnkkJhN1NqNresKC3yh5nlQuq+J566fmKNTMFEwHQYDVR0OBBYE
FDd8XmO6cjbsTsUGJCGACYwEiyggMB8GA1UdIwQYMBaAFDd8XmO6cjbsTsUGJCGA
CYwEiyggMA8GA1UdEwEB/wQFMAMBAf8wCgYIKoZIzj0EAwIDSQAwRgIhALq4DVjF
tHmWecU2sPXKsgCgOQPJhoXVdsx4MOyE63NEAiEA8rQIPSdMvxUM8nHvCHfds+Yy
cpv6/TTkrLQ4C7eAh0Y=
-----END CERTIFICATE-----
`;
export const certified = `-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEMxmouLfOtkDlBgnr9u9JYxvW3x1m
RRyJzPn1CFeIpsOkK9q5oiKyAjnkkJhN1NqNresKC3yh5nlQuq+J566fmA==
-----END PUBLIC KEY-----
`;
