/** A field with its label, and what is wrong with it beside it. */
import { type Html, html, NONE } from './html.ts';

export interface Mistake {
  readonly field: string;
  readonly words: string;
}

export interface Field {
  /** Also its id. */
  readonly name: string;
  readonly label: string;
  readonly type: 'text' | 'password';
  readonly autocomplete: string;
  readonly value?: string | undefined;
  readonly mistake: Mistake | undefined;
}

/** A wrong one has the focus. */
export function field({ name, label, type, autocomplete, value = '', mistake }: Field): Html {
  const isWrong = mistake?.field === name;
  const state = isWrong ? html`autofocus aria-invalid="true" aria-describedby="mistake"` : NONE;
  const spelling = type === 'text' ? html`autocapitalize="none" spellcheck="false"` : NONE;
  return html`<div class="field">
<label for="${name}">${label}</label>
<input id="${name}" name="${name}" type="${type}" value="${value}" autocomplete="${autocomplete}" maxlength="1000" required ${spelling} ${state}>
${isWrong ? html`<p class="mistake" id="mistake" role="alert">${mistake.words}</p>` : NONE}
</div>`;
}
