/**
 * A plug-in of Stryker: its runner for vitest, which passes over test files that fail while they are loaded. Keys are made
 * there, so a change that spoils them would count as noticed by nobody.
 */
import { declareFactoryPlugin, PluginKind } from '@stryker-mutator/api/plugin';
import { strykerPlugins as vitestPlugins } from '@stryker-mutator/vitest-runner';

const [{ factory }] = vitestPlugins;

function createRunner(injector) {
  const runner = factory(injector);
  return {
    capabilities: () => runner.capabilities(),
    init: () => runner.init(),
    dispose: () => runner.dispose(),
    dryRun: options => runner.dryRun(options),
    async mutantRun(options) {
      const result = await runner.mutantRun(options);
      const failed = runner.ctx.state.getFiles().find(file => file.result?.state === 'fail');
      if (result.status !== 'survived' || failed === undefined) return result;
      const failureMessage = `${failed.name} does not load`;
      return { status: 'killed', killedBy: [], failureMessage, nrOfTests: result.nrOfTests };
    },
  };
}
createRunner.inject = factory.inject;

export const strykerPlugins = [declareFactoryPlugin(PluginKind.TestRunner, 'vitest-loaded', createRunner)];
