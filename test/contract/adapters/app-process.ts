import { type ChildProcess, fork } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import type { CostLine } from '../../support/cost-aware.js';

/** What the app's own error hook got. */
export interface HeardError {
  readonly name: string;
  readonly code?: string;
  readonly status?: number;
  readonly reason?: string;
  /** The class of its cause, and the status of that. */
  readonly cause?: string;
  readonly causeStatus?: number;
}

interface Message {
  readonly id?: number;
  readonly result?: unknown;
  readonly failure?: string;
  readonly line?: CostLine;
  readonly error?: HeardError;
  readonly note?: string;
}

/** An app of the contract, in a process of its own. */
export class AppProcess {
  lines: CostLine[] = [];
  notes: string[] = [];
  #errors: HeardError[] = [];
  readonly #answers = new Map<number, (message: Message) => void>();
  readonly #told = new EventEmitter().setMaxListeners(0);
  #asked = 0;
  #stderr = '';

  private constructor(private readonly child: ChildProcess) {
    child.on('message', (message: Message) => this.#hear(message));
    child.stderr?.on('data', (data: Buffer) => {
      this.#stderr += data;
    });
  }

  static async of(program: string, cwd: string, env: Record<string, string>): Promise<AppProcess> {
    const child = fork(program, [], { cwd, env: { PATH: process.env.PATH, ...env }, execArgv: [], silent: true });
    const app = new AppProcess(child);
    const ended = once(child, 'exit').then(([code]) => {
      throw new Error(`The app ended with code ${code}: ${app.#stderr}`);
    });
    await Promise.race([once(child, 'message'), ended]);
    ended.catch(() => {});
    return app;
  }

  get isAlive(): boolean {
    return this.child.exitCode === null;
  }

  /** Has the process do something, and waits for what it says. */
  async ask<T>(command: 'start' | 'stop' | 'settle', argument?: object): Promise<T> {
    const id = ++this.#asked;
    const answer = new Promise<Message>((resolve) => this.#answers.set(id, resolve));
    this.child.send({ id, command, argument });
    const { failure, result } = await answer;
    if (failure !== undefined) throw new Error(failure);
    return result as T;
  }

  /** What the app's own error hook has got. */
  async heard(): Promise<HeardError[]> {
    await this.ask('settle');
    return this.#errors;
  }

  /** Waits until so many cost lines have come. */
  async linesOf(count: number): Promise<CostLine[]> {
    while (this.lines.length < count) await once(this.#told, 'message');
    return this.lines;
  }

  async noteOf(note: string): Promise<void> {
    while (!this.notes.includes(note)) await once(this.#told, 'message');
  }

  forget(): void {
    this.lines = [];
    this.#errors = [];
    this.notes = [];
  }

  async end(): Promise<void> {
    if (!this.isAlive) return;
    const exited = once(this.child, 'exit');
    this.child.kill();
    await exited;
  }

  #hear(message: Message): void {
    if (message.line?.msg === 'edenai request cost') this.lines.push(message.line);
    if (message.error) this.#errors.push(message.error);
    if (message.note) this.notes.push(message.note);
    if (message.id !== undefined) this.#answers.get(message.id)?.(message);
    this.#told.emit('message');
  }
}
