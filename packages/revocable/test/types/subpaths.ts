/** Everything behind these two subpaths is declared without `@types/node` and without the DOM. */
export * as jose from 'revocable/jose';
export * as keys from 'revocable/keys';
