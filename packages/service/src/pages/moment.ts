/** A moment as people read it, with the exact one in its title. */
import { ago, timestamp } from '../words.ts';
import { type Html, html } from './html.ts';

export function moment(then: number, now: number): Html {
  return html`<time datetime="${timestamp(then)}" title="${timestamp(then)}">${ago(then, now)}</time>`;
}

/** The time of day of today, else the date too. */
export function exactTime(then: number, now: number): Html {
  const iso = timestamp(then);
  const isToday = iso.slice(0, 10) === timestamp(now).slice(0, 10);
  const text = isToday ? iso.slice(11, 19) : `${iso.slice(0, 10)} ${iso.slice(11, 16)}`;
  return html`<time datetime="${iso}" title="${iso}">${text}</time>`;
}
