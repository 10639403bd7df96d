/**
 * The libraries. An adapter has a method for each operation that its library offers: keys -> the function that is
 * measured, or undefined for an algorithm that it lacks. A verifier throws for what it refuses and returns claims.
 */
import { awsJwtVerify } from './aws-jwt-verify.js';
import { fastJwt, fastJwtTuned } from './fast-jwt.js';
import { floor, unchecked } from './floor.js';
import { jose } from './jose.js';
import { jsonWebToken } from './jsonwebtoken.js';
import { nodeRs } from './node-rs-jsonwebtoken.js';
import { revocable } from './revocable.js';

export const adapters = [
  floor,
  unchecked,
  revocable,
  fastJwt,
  fastJwtTuned,
  jsonWebToken,
  jose,
  nodeRs,
  awsJwtVerify,
];
