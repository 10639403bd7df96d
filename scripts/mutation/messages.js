/** A plug-in of Stryker: the words of an error's message are for people, and no test pins them. */
import { declareValuePlugin, PluginKind } from '@stryker-mutator/api/plugin';

/** Prose has spaces between its words. No code, algorithm, member or encoding has one; what begins a PEM does. */
const isProse = text => /[a-z",:] [a-z"$]|^ ?\w+ $|^ \w+/i.test(text) && !text.startsWith('-----');

const textsOf = path => {
  if (path.isStringLiteral()) return [path.node.value];
  return path.isTemplateLiteral() ? path.node.quasis.map(({ value }) => value.raw) : [];
};

export const strykerPlugins = [
  declareValuePlugin(PluginKind.Ignore, 'messages', {
    shouldIgnore: path => (textsOf(path).some(isProse) ? 'the words of an error message' : undefined),
  }),
];
