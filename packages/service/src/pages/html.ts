/** Markup: hono's tagged template, which escapes whatever it is given. */
import { html } from 'hono/html';

export { html };
export type Html = ReturnType<typeof html>;
export type Part = Html | string | readonly Html[];

/** Nothing, where there is nothing to show. */
export const NONE = '';
