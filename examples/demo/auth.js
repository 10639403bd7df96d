/** The token service, in memory: signs; the only one with a private key. */
import { serve } from '@revocable/service/serve';
import { ports, urls } from './places.js';

process.on('disconnect', () => process.exit());
process.env.REVOCABLE_CLIENTS = JSON.stringify([
  { client_id: 'shop', client_name: 'shop', origins: [urls.shop] },
  {
    client_id: 'shop-server',
    client_secret: process.env.DEMO_CLIENT_SECRET,
    grant_types: ['client_credentials'],
    scope: 'revocable:revoke',
    audience: urls.auth,
  },
]);
const flags = ['--store', 'memory:', '--port', String(ports.auth), '--ops-port', '0', '--issuer', urls.auth];
process.exitCode = await serve(
  [...flags, '--feed', 'public', '--log-level', 'error', '--drain', '0s'],
  process.env,
);
if (process.connected) process.disconnect(); // which would keep it waiting
