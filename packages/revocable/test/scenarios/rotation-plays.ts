/** Plays of one session: a browser with tabs and one jar, replies that are lost, and perhaps a thief with a copy of the cookie. */
import type { TokenServer } from './token-server.ts';

/** Seconds. */
export const GRACE = 30;
/** The life of an access token, less a margin: how often a tab that is open refreshes. */
const PERIOD = 900;
const AWAY = [1, 5, 60, 600, 28_800];

export interface Conditions {
  readonly cycles: number;
  readonly tabs: number;
  /** Longest round trip, seconds. */
  readonly roundTrip: number;
  /** Share of replies that are lost. */
  readonly loss: number;
  /** Share of requests that are repeated within seconds, as after an access-only revocation. */
  readonly burst?: number;
}

/** `anyTime`: now and then. `atOffset`: always so many seconds after the victim's tabs were due. */
export type ThiefHabit = 'anyTime' | 'atOffset' | 'inStep';

export interface Theft {
  readonly isCaught: boolean;
  /** Whether the thief ever presented more than `grace` from everything the victim presented. */
  readonly wasOutside: boolean;
  /** How often the thief presented. */
  readonly presentations: number;
}

type Random = () => number;

/** Mulberry32. */
export function randomFrom(seed: number): Random {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

interface Event {
  readonly at: number;
  run(): Promise<void>;
}

/** What happens, in the order of its time; the server's clock follows. */
interface Play {
  readonly server: TokenServer;
  readonly random: Random;
  readonly conditions: Conditions;
  readonly events: Event[];
  /** By the server's clock, milliseconds. */
  readonly start: number;
  /** Seconds since the play began. */
  now: number;
  jar: string;
  hasAnswer: boolean;
  isOver: boolean;
  /** When the victim's requests reached the server. */
  readonly presented: number[];
}

/** Whether the user was logged out though nobody else ever had the cookie. */
export async function playHonest(
  server: TokenServer,
  seed: number,
  conditions: Conditions,
): Promise<{ readonly isLoggedOut: boolean }> {
  const play = await begin(server, seed, conditions);
  for (let cycle = 0; cycle < conditions.cycles && !play.isOver; cycle++) await playCycle(play);
  return { isLoggedOut: play.isOver };
}

async function begin(server: TokenServer, seed: number, conditions: Conditions): Promise<Play> {
  const random = randomFrom(seed);
  server.now += 86_400_000;
  const jar = await server.login(`user-${seed}`);
  const state = { now: 0, jar, hasAnswer: false, isOver: false };
  return { server, random, conditions, events: [], presented: [], start: server.now, ...state };
}

function plan(play: Play, at: number, run: () => Promise<void>): void {
  const place = play.events.findIndex(event => event.at > at);
  play.events.splice(place === -1 ? play.events.length : place, 0, { at, run });
}

async function playCycle(play: Play): Promise<void> {
  const { random, conditions } = play;
  const due = play.now + PERIOD * (1 - 0.05 * random());
  const tabs = 1 + Math.floor(random() * conditions.tabs);
  for (let tab = 0; tab < tabs; tab++) {
    const at = due + random() * 2;
    planRequest(play, at);
    if (random() < (conditions.burst ?? 0)) planRequest(play, at + 1 + random() * 6);
  }
  play.hasAnswer = false;
  await runUntil(play, due + 20);
  play.now = due;
  if (!play.hasAnswer && !play.isOver) await comeBack(play);
}

async function runUntil(play: Play, time: number): Promise<void> {
  while (!play.isOver && (play.events[0]?.at ?? time) < time) await play.events.shift()?.run();
}

/** The cookie is the jar's when the request leaves; what is set counts when the reply arrives. */
function planRequest(play: Play, at: number): void {
  const { random, conditions } = play;
  const [there, back] = [random(), random()].map(part => (part * conditions.roundTrip) / 2) as [
    number,
    number,
  ];
  const isLost = random() < conditions.loss;
  plan(play, at, async () => {
    const cookie = play.jar;
    plan(play, at + there, async () => {
      const answer = await present(play, at + there, cookie);
      if (answer.status !== 200) play.isOver = true;
      else if (!isLost)
        plan(play, at + there + back, async () => {
          play.jar = answer.cookie ?? play.jar;
          play.hasAnswer = true;
        });
    });
  });
}

async function present(play: Play, at: number, cookie: string): ReturnType<TokenServer['refresh']> {
  play.presented.push(at);
  return refreshAt(play, at, cookie);
}

function refreshAt({ server, start }: Play, at: number, cookie: string): ReturnType<TokenServer['refresh']> {
  server.now = Math.max(server.now, Math.round(start + at * 1000));
  return server.refresh(cookie);
}

/** All replies were lost: the user comes back after a while. */
async function comeBack(play: Play): Promise<void> {
  const { random } = play;
  play.now += 20 + (AWAY[Math.floor(random() * AWAY.length)] ?? 1);
  await runUntil(play, play.now);
  if (play.isOver) return;
  const answer = await present(play, play.now, play.jar);
  if (answer.status === 200) play.jar = answer.cookie ?? play.jar;
  else play.isOver = true;
}

/** The thief copies the cookie once and goes on with what the server gives. */
export async function playTheft(
  server: TokenServer,
  seed: number,
  habit: ThiefHabit,
  conditions: Conditions,
): Promise<Theft> {
  const play = await begin(server, seed, conditions);
  const { random, presented } = play;
  const stolenIn = 1 + Math.floor(random() * 5);
  const offset = habit === 'inStep' ? 3 + random() * 22 : random() * PERIOD;
  const times: number[] = [];
  let cookie = '';
  for (let cycle = 0; cycle < conditions.cycles && !play.isOver; cycle++) {
    if (cycle === stolenIn) cookie = play.jar;
    if (cycle >= stolenIn) {
      const at = play.now + (habit === 'anyTime' ? random() * PERIOD : offset);
      plan(play, at, async () => {
        times.push(at);
        const answer = await refreshAt(play, at, cookie);
        if (answer.status === 200) cookie = answer.cookie ?? cookie;
        else play.isOver = true;
      });
    }
    await playCycle(play);
  }
  const seen = times.filter(at => at < play.now - 4 * PERIOD || play.isOver);
  const isNear = (at: number): boolean => presented.some(other => Math.abs(other - at) <= GRACE);
  return { isCaught: play.isOver, wasOutside: seen.some(at => !isNear(at)), presentations: times.length };
}
