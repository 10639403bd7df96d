// Holds a data folder as a token service does, until it is killed.
import { openStore } from '#stores/open';

try {
  await openStore(`file:${process.argv[2]}`, { exclusive: true });
  process.stdout.write('held\n');
  setInterval(() => {}, 1000);
} catch (error) {
  process.stdout.write(`${error.code} ${error.message}\n`);
}
