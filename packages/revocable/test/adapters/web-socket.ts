/** As much of RFC 6455 as a live connection needs: the handshake of section 4, texts and the closing frames of section 5.5.1. */
import { createHash, randomBytes } from 'node:crypto';
import { type IncomingMessage, request } from 'node:http';
import type { Duplex } from 'node:stream';

const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const TEXT = 1;
const CLOSE = 8;

export interface WebSocket {
  send(text: string): void;
  close(code: number, reason: string): void;
  on(event: 'close', listener: () => void): void;
}

/** The server's half, behind a check of who asks. */
export function acceptWebSocket(
  req: IncomingMessage,
  socket: Duplex,
  onText: (text: string) => void,
): WebSocket {
  const key = `${req.headers['sec-websocket-key']}${GUID}`;
  const accept = createHash('sha1').update(key).digest('base64');
  const lines = ['HTTP/1.1 101 Switching Protocols', 'Upgrade: websocket', 'Connection: Upgrade'];
  socket.write([...lines, `Sec-WebSocket-Accept: ${accept}`, '', ''].join('\r\n'));
  readFrames(socket, Buffer.alloc(0), (opcode, payload) => {
    if (opcode === TEXT) onText(payload.toString());
    else socket.end();
  });
  socket.on('end', () => socket.end());
  socket.on('error', () => socket.destroy());
  return {
    send: text => void socket.write(frame(TEXT, Buffer.from(text))),
    close(code, reason) {
      const payload = Buffer.from(`  ${reason}`);
      payload.writeUInt16BE(code);
      socket.end(frame(CLOSE, payload));
    },
    on: (event, listener) => void socket.on(event, listener),
  };
}

export interface Client {
  readonly texts: string[];
  /** Resolves when the server has closed it: with its code and reason, or without where the socket broke off. */
  readonly closed: Promise<{ readonly code: number; readonly reason: string } | undefined>;
  readonly isOpen: () => boolean;
  send(text: string): void;
  /** As a machine that is switched off. */
  vanish(): void;
}

/** The client's half. Rejects with the status of a refusal. */
export function openWebSocket(port: number, token: string): Promise<Client> {
  const key = randomBytes(16).toString('base64');
  const headers = {
    connection: 'Upgrade',
    upgrade: 'websocket',
    'sec-websocket-version': '13',
    'sec-websocket-key': key,
    authorization: `Bearer ${token}`,
  };
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, headers });
    sent.on('response', res => {
      res.resume();
      reject(new Error(String(res.statusCode)));
    });
    sent.on('error', reject);
    sent.on('upgrade', (_, socket, head) => resolve(clientOn(socket, head)));
    sent.end();
  });
}

function clientOn(socket: Duplex, head: Buffer): Client {
  const texts: string[] = [];
  let isOpen = true;
  let said: { code: number; reason: string } | undefined;
  const closed = new Promise<typeof said>(resolve => {
    socket.on('close', () => {
      isOpen = false;
      resolve(said);
    });
  });
  socket.on('error', () => socket.destroy());
  readFrames(socket, head, (opcode, payload) => {
    if (opcode === TEXT) texts.push(payload.toString());
    if (opcode !== CLOSE) return;
    said = { code: payload.readUInt16BE(), reason: payload.toString('utf8', 2) };
    socket.end();
  });
  return {
    texts,
    closed,
    isOpen: () => isOpen,
    send: text => void socket.write(frame(TEXT, Buffer.from(text), randomBytes(4))),
    vanish: () => void socket.destroy(),
  };
}

/** One of less than 126 bytes; a client masks what it sends. */
function frame(opcode: number, payload: Buffer, mask: Buffer = Buffer.alloc(0)): Buffer {
  const head = Buffer.of(0x80 | opcode, (mask.length > 0 ? 0x80 : 0) | payload.length);
  return Buffer.concat([head, mask, masked(payload, mask)]);
}

const masked = (payload: Buffer, mask: Buffer): Buffer =>
  mask.length === 0 ? payload : Buffer.from(payload.map((byte, at) => byte ^ (mask[at % 4] ?? 0)));

function readFrames(socket: Duplex, head: Buffer, take: (opcode: number, payload: Buffer) => void): void {
  let rest = head;
  const readAll = (): void => {
    for (;;) {
      const [first = 0, second = 0] = rest;
      const maskLength = second & 0x80 ? 4 : 0;
      const end = 2 + maskLength + (second & 0x7f);
      if (rest.length < 2 || rest.length < end) return;
      const payload = rest.subarray(2 + maskLength, end);
      take(first & 0x0f, masked(payload, rest.subarray(2, 2 + maskLength)));
      rest = rest.subarray(end);
    }
  };
  socket.on('data', piece => {
    rest = Buffer.concat([rest, piece]);
    readAll();
  });
  readAll();
}
