/** Refreshes of sessions here and there, many under way at once; none is refreshed twice at once. */

/** Refreshes that are under way at once, as behind a busy token service. */
const AT_ONCE = 128;

/** @param {string[]} tokens of different sessions; each is replaced by its successor */
export async function refreshes(authority, tokens, count) {
  const stride = Math.max(1, Math.floor(tokens.length / 7.3));
  const delays = [];
  const busy = new Set();
  let place = 0;
  const cpu = process.cpuUsage();
  const start = performance.now();
  await inParallel(AT_ONCE, count, async () => {
    place = (place + stride) % tokens.length;
    while (busy.has(place)) place = (place + 1) % tokens.length;
    const mine = place;
    busy.add(mine);
    const sent = performance.now();
    tokens[mine] = (await authority.refresh(tokens[mine])).refreshToken;
    delays.push(performance.now() - sent);
    busy.delete(mine);
  });
  const seconds = (performance.now() - start) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  return { perSecond: count / seconds, delays, cpuMicros: (user + system) / count };
}

export async function inParallel(atOnce, count, task) {
  let left = count;
  const worker = async () => {
    while (left-- > 0) await task();
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}
