/** The three error classes of `jsonwebtoken`, member for member: `name` and `message` are enumerable, so JSON shows them. */

/** A token, key or option that is refused. */
export class JsonWebTokenError extends Error {
  /** What was given as the second argument, if anything. */
  declare inner: Error;

  constructor(message: string, error?: Error) {
    super();
    this.name = 'JsonWebTokenError';
    this.message = message;
    if (error) this.inner = error;
  }
}

/** `exp`, or `maxAge` after `iat`, has passed. */
export class TokenExpiredError extends JsonWebTokenError {
  declare expiredAt: Date;

  constructor(message: string, expiredAt: Date) {
    super(message);
    this.name = 'TokenExpiredError';
    this.expiredAt = expiredAt;
  }
}

/** `nbf` has not come yet. */
export class NotBeforeError extends JsonWebTokenError {
  declare date: Date;

  constructor(message: string, date: Date) {
    super(message);
    this.name = 'NotBeforeError';
    this.date = date;
  }
}
