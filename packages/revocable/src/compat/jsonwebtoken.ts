/**
 * A drop-in for `jsonwebtoken` 9: the same names, options, results and errors, by `import` and by `require`.
 * Where it differs, and how to go on to the typed API, is in docs/how-to/move-from-jsonwebtoken.md.
 */
import { decode } from './jsonwebtoken/decode.ts';
import { JsonWebTokenError, NotBeforeError, TokenExpiredError } from './jsonwebtoken/error.ts';
import { sign } from './jsonwebtoken/sign.ts';
import { verify } from './jsonwebtoken/verify.ts';

export type {
  Algorithm,
  DecodeOptions,
  GetPublicKeyOrSecret,
  Jwt,
  JwtHeader,
  JwtPayload,
  PrivateKey,
  PublicKey,
  Secret,
  SignCallback,
  SigningKeyCallback,
  SignOptions,
  VerifyCallback,
  VerifyErrors,
  VerifyOptions,
} from './jsonwebtoken/types.ts';
export { decode, JsonWebTokenError, NotBeforeError, sign, TokenExpiredError, verify };

/** What `require('jsonwebtoken')` gives. */
interface Jsonwebtoken {
  decode: typeof decode;
  verify: typeof verify;
  sign: typeof sign;
  JsonWebTokenError: typeof JsonWebTokenError;
  NotBeforeError: typeof NotBeforeError;
  TokenExpiredError: typeof TokenExpiredError;
}

const jsonwebtoken: Jsonwebtoken = {
  decode,
  verify,
  sign,
  JsonWebTokenError,
  NotBeforeError,
  TokenExpiredError,
};

export default jsonwebtoken;
// Node answers require() with the export of this name.
export { jsonwebtoken as 'module.exports' };
