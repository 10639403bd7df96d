/** Messages between machines: each may be late, lost, held back or refused by a partition. The seed decides which. */
import type { Fault } from './coverage.ts';
import type { Machine } from './machine.ts';
import type { Queue } from './queue.ts';
import { fate } from './random.ts';

/** How bad the network is in one run. Rates between 0 and 1, milliseconds. */
export interface Weather {
  readonly latencyMs: number;
  readonly loss: number;
  /** Messages that are late, up to `slowMs`. */
  readonly slow: number;
  readonly slowMs: number;
}

/** Messages that arrive in the order in which they were sent. */
export interface Lane {
  send(label: string, work: () => void): void;
  /** Nothing that is sent from now on arrives. */
  readonly isBroken: boolean;
}

export interface Network {
  send(from: Machine, to: Machine, label: string, work: () => void): void;
  lane(from: Machine, to: Machine, onBroken: () => void): Lane;
  /** From now on nothing goes from one to the other. */
  part(from: Machine, to: Machine): void;
  /** Messages wait, and come all at once when they are let go. */
  hold(from: Machine, to: Machine): void;
  /** The same for streams alone: questions and answers pass. */
  mute(from: Machine, to: Machine): void;
  /** The next message of this label comes so late. */
  delay(from: Machine, to: Machine, label: string, delayMs: number): void;
  release(): void;
  /** No partition, no loss, no delay. */
  heal(): void;
  /** Called once, when the network is healed. */
  whenHealed(work: () => void): void;
  /** The machine dies with the message after so many. */
  fuse(machine: Machine, messages: number): void;
  /** What happened to which message. */
  onFault(listener: (fault: Fault, name: string) => void): void;
}

export function createNetwork(
  seed: number,
  queue: Queue,
  weather: Weather,
  calm: ReadonlySet<string>,
): Network {
  const parted = new Set<string>();
  const held = new Map<string, (() => void)[]>();
  const sent = new Map<string, number>();
  const fuses = new Map<Machine, number>();
  const delayed = new Map<string, number>();
  const atHealing: (() => void)[] = [];
  let isHealed = false;
  let tellFault = (_: Fault, _name: string): void => {};

  /**
   * At its time, or when the network is whole again. What waits in a lane comes then too, however soon it is due: what is sent
   * later would overtake it, which no stream does.
   */
  const later = (delay: number, work: () => void, tie?: number): void => {
    const event = queue.at(queue.now + delay, work, tie);
    if (tie === undefined && delay <= weather.latencyMs) return;
    atHealing.push(() => {
      if (event.run === undefined || event.at <= queue.now) return;
      event.run = undefined;
      queue.at(queue.now, work, tie);
    });
  };
  const nameOf = (from: Machine, to: Machine, label: string): string => {
    const link = `${from.name}>${to.name}:${label}`;
    const number = (sent.get(link) ?? 0) + 1;
    sent.set(link, number);
    return `${link}#${number}`;
  };
  /** Undefined: lost. */
  const delayOf = (name: string): number | undefined => {
    const base = Math.floor(fate(seed, `${name} base`) * (weather.latencyMs + 1));
    if (isHealed || calm.has(name)) return base;
    if (fate(seed, `${name} loss`) < weather.loss) return undefined;
    if (fate(seed, `${name} slow`) >= weather.slow) return base;
    tellFault('message late', name);
    return base + Math.floor(fate(seed, `${name} late`) ** 2 * weather.slowMs);
  };
  const lateBy = (labelled: string): number => {
    const late = delayed.get(labelled);
    if (late === undefined) return 0;
    delayed.delete(labelled);
    return late;
  };
  const burn = (machine: Machine): boolean => {
    const left = fuses.get(machine);
    if (left === undefined) return false;
    if (left > 0) {
      fuses.set(machine, left - 1);
      return false;
    }
    fuses.delete(machine);
    machine.crash();
    tellFault('killed at a message', machine.name);
    return true;
  };
  const arrive = (link: string, to: Machine, work: () => void, isStream = false): void => {
    const waiting = held.get(link) ?? (isStream ? held.get(streamOf(link)) : undefined);
    if (waiting !== undefined) waiting.push(() => arrive(link, to, work, isStream));
    else if (!burn(to)) to.run(work);
  };
  const streamOf = (link: string): string => `${link} stream`;
  const linkOf = (from: Machine, to: Machine): string => `${from.name}>${to.name}`;
  return {
    send(from, to, label, work) {
      const name = nameOf(from, to, label);
      if (burn(from)) return;
      const delay = delayOf(name);
      if (delay === undefined) return tellFault('message lost', name);
      const link = linkOf(from, to);
      if (parted.has(link)) return tellFault('message parted', name);
      later(delay + lateBy(`${link}:${label}`), () => arrive(link, to, work));
    },
    lane(from, to, onBroken) {
      const link = linkOf(from, to);
      const tie = fate(seed, nameOf(from, to, 'lane')) * 2 ** 32;
      let last = 0;
      let place = 0;
      let isBroken = false;
      atHealing.push(() => {
        last = 0;
      });
      return {
        get isBroken() {
          return isBroken;
        },
        send(label, work) {
          const name = nameOf(from, to, label);
          if (isBroken || burn(from)) return;
          const delay = parted.has(link) ? undefined : delayOf(name);
          if (delay === undefined) {
            isBroken = true;
            tellFault('stream broken', name);
            onBroken();
            return;
          }
          last = Math.max(last, queue.now + delay);
          place += 1;
          later(last - queue.now, () => arrive(link, to, work, true), tie + place / 2 ** 10);
        },
      };
    },
    part: (from, to) => void parted.add(linkOf(from, to)),
    hold(from, to) {
      if (!held.has(linkOf(from, to))) held.set(linkOf(from, to), []);
    },
    mute(from, to) {
      const stream = streamOf(linkOf(from, to));
      if (!held.has(stream)) held.set(stream, []);
    },
    delay: (from, to, label, delayMs) => void delayed.set(`${linkOf(from, to)}:${label}`, delayMs),
    release() {
      for (const [link, waiting] of [...held]) {
        held.delete(link);
        for (const work of waiting) work();
      }
    },
    heal() {
      parted.clear();
      fuses.clear();
      delayed.clear();
      isHealed = true;
      this.release();
      for (const work of atHealing.splice(0)) work();
    },
    whenHealed: work => void (isHealed ? work() : atHealing.push(work)),
    fuse: (machine, messages) => void fuses.set(machine, messages),
    onFault(listener) {
      tellFault = listener;
    },
  };
}
