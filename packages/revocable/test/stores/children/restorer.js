// Restores a backup into a folder, and says when it has.
import { restoreStore } from '#stores/backup';

const [, , file, folder] = process.argv;
process.stdout.write('begun\n');
await restoreStore(file, `file:${folder}`);
process.stdout.write('restored\n');
