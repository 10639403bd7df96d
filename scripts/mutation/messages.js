/** A plug-in of Stryker: the words of an error's message are for people, and no test pins them. */
import { declareValuePlugin, PluginKind } from '@stryker-mutator/api/plugin';

/** What makes an error here: its class, or a function that is named for what is wrong. */
const MAKERS =
  /^(?:\w+Error|malformed|malformedHeader|invalid|contradicts|wrongHalf|quote|checkRsa|unprotectedFault)$/;

/** The message's place among the arguments does not matter: codes are compared, so they stay. */
const isCode = node =>
  node.type === 'StringLiteral' && /^(?:ERR_[A-Z_]+|missing|invalid|mismatch)$/.test(node.value);

export const strykerPlugins = [
  declareValuePlugin(PluginKind.Ignore, 'messages', {
    shouldIgnore(path) {
      const isText = path.isStringLiteral() || path.isTemplateLiteral();
      if (!isText || isCode(path.node)) return undefined;
      const call = path.findParent(parent => parent.isNewExpression() || parent.isCallExpression());
      const name = call?.node.callee.name;
      return name !== undefined && MAKERS.test(name) ? 'the words of an error message' : undefined;
    },
  }),
];
