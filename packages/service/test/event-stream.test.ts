/** A follower that reads nothing, over real sockets and on a clock that the test turns. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import type { FeedEvent } from 'revocable';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { eventStream } from '#event-stream';
import { listening, openListeningWorld } from './listening.ts';

afterEach(() => {
  vi.useRealTimers();
});

/** Events without end, and how many were asked for. */
function endless(size: number) {
  const state = { asked: 0, isStopped: false };
  const event: FeedEvent = { event: 'cut', id: 'o.1.t', data: JSON.stringify('x'.repeat(size)) };
  async function* events(): AsyncGenerator<FeedEvent> {
    for (;;) {
      state.asked += 1;
      yield event;
    }
  }
  const stop = (): void => {
    state.isStopped = true;
  };
  return { state, stop, events: events() };
}

async function ask(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  socket.pause();
  await once(socket, 'connect');
  socket.write('GET /revocations HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n');
  return socket;
}

const wait = (ms: number) => new Promise(resolve => setTimeout(resolve, ms));

describe('a follower that reads nothing', () => {
  it('is waited for, not written to: what is unsent stays bounded', async () => {
    const { state, stop, events } = endless(65_536);
    const server = await listening(getRequestListener(() => eventStream(events, stop)));
    const socket = await ask(server.port);
    await wait(500);
    const { asked } = state;
    await wait(500);
    // What the kernel takes for both sockets, some megabytes, and nothing more.
    expect(state.asked).toBe(asked);
    expect(asked).toBeLessThan(300);
    socket.destroy();
    await wait(200);
    expect(state.isStopped).toBe(true);
    await server.close();
  });

  it('is cut after half a minute, and its connection with it', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const { state, stop, events } = endless(65_536);
    const server = await listening(getRequestListener(() => eventStream(events, stop)));
    const socket = await ask(server.port);
    const turn = () => new Promise(resolve => setImmediate(resolve));
    for (let asked = -1; asked !== state.asked; ) {
      asked = state.asked;
      for (let i = 0; i < 200; i += 1) await turn();
    }
    await vi.advanceTimersByTimeAsync(29_000);
    expect(state.isStopped).toBe(false);
    await vi.advanceTimersByTimeAsync(1500);
    expect(state.isStopped).toBe(true);
    socket.resume();
    await once(socket, 'close');
    await server.close();
  });

  it('holds up nobody else, and a service that closes does not wait for it', async () => {
    const world = await openListeningWorld();
    const silent = await Promise.all(Array.from({ length: 20 }, () => ask(world.port)));
    const answer = await fetch(`${world.url}/revocations?wait=0`);
    expect(answer.status).toBe(200);
    await Promise.race([world.close(), wait(5000).then(() => expect.unreachable('it waits'))]);
    for (const socket of silent) socket.destroy();
  });
});

describe('a follower that reads', () => {
  it('gets the bytes that were made once for all', async () => {
    const event: FeedEvent = { event: 'cut', id: 'o.1.t', data: '[]' };
    async function* events(): AsyncGenerator<FeedEvent> {
      yield event;
    }
    const chunks = await Promise.all(
      [1, 2].map(async () => {
        const { body } = await eventStream(events(), () => {});
        return (await (body as ReadableStream<Uint8Array>).getReader().read()).value;
      }),
    );
    expect(chunks[0]).toBe(chunks[1]);
    expect(new TextDecoder().decode(chunks[0])).toBe('event: cut\nid: o.1.t\ndata: []\n\n');
  });

  it('hears a comment when there is nothing to say', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    async function* events(): AsyncGenerator<FeedEvent> {
      yield { event: 'profile', data: '{}' };
      await new Promise(() => {});
    }
    const { body } = await eventStream(events(), () => {});
    const reader = (body as ReadableStream<Uint8Array>).getReader();
    await reader.read();
    const next = reader.read();
    await vi.advanceTimersByTimeAsync(15_000);
    expect(new TextDecoder().decode((await next).value)).toBe(':\n\n');
    await reader.cancel();
  });
});
