/** The form of the setting CLIENTS: members of RFC 7591 section 2, and our own `origins`, `audience` and `refresh_policy`. */
import { z } from 'zod';
import { isOrigin } from './origins.ts';
import { isRedirectUri } from './redirect-uris.ts';

export const AUTH_METHODS = ['client_secret_basic', 'client_secret_post', 'none'] as const;
export type AuthMethod = (typeof AUTH_METHODS)[number];
export const GRANTS = ['authorization_code', 'refresh_token', 'client_credentials'] as const;
export type Grant = (typeof GRANTS)[number];
/** How refresh tokens of its sessions rotate. */
export const REFRESH_POLICIES = ['recover', 'grace', 'strict', 'none'] as const;
export type RefreshPolicy = (typeof REFRESH_POLICIES)[number];

export interface ClientSettings {
  readonly client_id: string;
  /** For the title of the login page. */
  readonly client_name?: string | undefined;
  readonly client_secret?: string | undefined;
  /** Without one: basic and post where there is a secret, else none. */
  readonly token_endpoint_auth_method?: AuthMethod | undefined;
  /** Without them: all that its kind can use. */
  readonly grant_types?: readonly Grant[] | undefined;
  /** What it may ask for, separated by blanks. */
  readonly scope?: string | undefined;
  /** Where codes may be sent: https, http on loopback, or a scheme of an app. Of a loopback IP any port will do. */
  readonly redirect_uris?: readonly string[] | undefined;
  /** Of its pages: they may call here, and people may be sent back there. */
  readonly origins?: readonly string[] | undefined;
  /** It sends a DPoP proof with each request for tokens, and gets none without: RFC 9449 section 5.2. */
  readonly dpop_bound_access_tokens?: boolean | undefined;
  /** Of its tokens. */
  readonly audience?: string | undefined;
  /** Of the sessions that people open there. @default "recover" */
  readonly refresh_policy?: RefreshPolicy | undefined;
}

/** VSCHAR of RFC 6749 appendix A. */
const visible = z.string().regex(/^[\x20-\x7e]+$/, 'visible ASCII characters alone');
/** Tokens of clients and of people must never have one subject. */
const clientId = visible
  .max(200)
  .refine(id => !id.startsWith('u_'), 'must not begin with "u_", as subjects of people do');

const client = z
  .strictObject({
    client_id: clientId,
    client_name: z.string().min(1).max(80).optional(),
    client_secret: visible.max(1000).optional(),
    token_endpoint_auth_method: z.enum(AUTH_METHODS).optional(),
    grant_types: z.array(z.enum(GRANTS)).optional(),
    scope: z
      .string()
      .regex(/^[\x21\x23-\x5b\x5d-\x7e]+( [\x21\x23-\x5b\x5d-\x7e]+)*$/, 'names separated by one blank each')
      .optional(),
    redirect_uris: z
      .array(
        z
          .string()
          .refine(
            isRedirectUri,
            'must be https, http on loopback, or a scheme with a dot such as com.example.app:/callback; without "#"',
          ),
      )
      .optional(),
    origins: z
      .array(z.string().refine(isOrigin, 'must be an origin such as https://shop.example'))
      .optional(),
    dpop_bound_access_tokens: z.boolean().optional(),
    audience: z.string().min(1).optional(),
    refresh_policy: z.enum(REFRESH_POLICIES).optional(),
  })
  .superRefine((given, context) => {
    const fault = contradiction(given);
    if (fault !== undefined) context.addIssue({ code: 'custom', message: fault });
  });

function contradiction({
  client_secret,
  token_endpoint_auth_method: method,
  grant_types,
  redirect_uris = [],
  refresh_policy,
  dpop_bound_access_tokens: proves = false,
}: ClientSettings): string | undefined {
  const isPublic = client_secret === undefined;
  if (isPublic && method !== undefined && method !== 'none') return `"${method}" needs a "client_secret"`;
  if (!isPublic && method === 'none')
    return 'a client with a "client_secret" does not authenticate with "none"';
  if (isPublic && grant_types?.includes('client_credentials'))
    return '"client_credentials" needs a "client_secret"';
  if (redirect_uris.length === 0 && grant_types?.includes('authorization_code'))
    return '"authorization_code" needs "redirect_uris"';
  if (isPublic && refresh_policy === 'none' && !proves)
    return '"refresh_policy" none needs a "client_secret", or "dpop_bound_access_tokens"';
  return undefined;
}

function fromText(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}

export const CLIENTS: z.ZodType<readonly ClientSettings[]> = z.preprocess(
  fromText,
  z.array(client).superRefine((clients, context) => {
    const ids = clients.map(each => each.client_id);
    const twice = ids.findIndex((id, index) => ids.indexOf(id) !== index);
    if (twice !== -1)
      context.addIssue({ code: 'custom', path: [twice], message: 'another client has this "client_id"' });
  }),
);
