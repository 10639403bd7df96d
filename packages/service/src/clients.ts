/** Registered clients: RFC 7591 members from the setting CLIENTS. Secrets are kept as keyed hashes. */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { AuthMethod, ClientSettings, Grant, RefreshPolicy } from './client-settings.ts';

export interface Client {
  readonly id: string;
  readonly name: string;
  readonly isConfidential: boolean;
  readonly methods: readonly AuthMethod[];
  readonly grants: readonly Grant[];
  readonly scopes: readonly string[];
  readonly redirectUris: readonly string[];
  readonly origins: readonly string[];
  /** Of its own tokens, and of those it may ask about; undefined: the service's audience. */
  readonly audience: string | undefined;
  /** It asked for tokens that are bound to a key, and gets no others. */
  readonly alwaysProves: boolean;
  /** Of its sessions; undefined: the service's own. */
  readonly refreshPolicy: RefreshPolicy | undefined;
}

export interface Clients {
  get(id: string): Client | undefined;
  /** Takes the same time for unknown clients. */
  isSecretOf(id: string, secret: string): boolean;
  /** Of all clients. */
  readonly origins: ReadonlySet<string>;
  /** Whose page is at this address? */
  ofOrigin(origin: string): Client | undefined;
}

export function createClients(settings: readonly ClientSettings[]): Clients {
  const key = randomBytes(32);
  const digest = (secret: string): Buffer => createHmac('sha256', key).update(secret).digest();
  const nobody = randomBytes(32);
  const clients = new Map(settings.map(each => [each.client_id, clientOf(each)]));
  const secrets = new Map(
    settings.flatMap(({ client_id, client_secret }) =>
      client_secret === undefined ? [] : [[client_id, digest(client_secret)]],
    ),
  );
  const all = [...clients.values()];
  return {
    get: id => clients.get(id),
    isSecretOf: (id, secret) => timingSafeEqual(digest(secret), secrets.get(id) ?? nobody),
    origins: new Set(all.flatMap(client => client.origins)),
    ofOrigin: origin => all.find(client => client.origins.includes(origin)),
  };
}

function clientOf(given: ClientSettings): Client {
  const isConfidential = given.client_secret !== undefined;
  const methods: readonly AuthMethod[] = isConfidential
    ? ['client_secret_basic', 'client_secret_post']
    : ['none'];
  return {
    id: given.client_id,
    name: given.client_name ?? given.client_id,
    isConfidential,
    methods: given.token_endpoint_auth_method === undefined ? methods : [given.token_endpoint_auth_method],
    grants: given.grant_types ?? usualGrants(isConfidential, given.redirect_uris ?? []),
    scopes: given.scope?.split(' ') ?? [],
    redirectUris: given.redirect_uris ?? [],
    origins: given.origins ?? [],
    audience: given.audience,
    alwaysProves: given.dpop_bound_access_tokens ?? false,
    refreshPolicy: given.refresh_policy,
  };
}

/** All that its kind can use. */
const usualGrants = (isConfidential: boolean, redirectUris: readonly string[]): readonly Grant[] => [
  ...(redirectUris.length > 0 ? (['authorization_code'] as const) : []),
  'refresh_token',
  ...(isConfidential ? (['client_credentials'] as const) : []),
];
