/** Sessions and the rotation of their refresh tokens. */
export * from './rotation.ts';
export * from './session.ts';
