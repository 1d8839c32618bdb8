import { createHash } from 'node:crypto';

/** What may stand in a key as it is: no space, which separates what is stored, and no brace, which makes a hash tag. */
const PLAIN = /^[\w.@%~=#:,+-]{1,200}$/;

/** The text itself where it may stand in a key, else half of its hash. */
export const plain = (text: string): string =>
  PLAIN.test(text) ? text : `#${createHash('sha256').update(text).digest('hex').slice(0, 40)}`;

/** The names of all keys of one partition. They share a hash tag, so that a cluster keeps them on one primary. */
export class Keys {
  readonly epoch: string;
  /** What was given back since a loss. */
  readonly given: string;
  readonly processes: string;
  readonly partitions: string;

  constructor(readonly tag: string) {
    this.epoch = `${tag}e`;
    this.given = `${tag}b`;
    this.processes = `${tag}p`;
    this.partitions = `${tag}partitions`;
  }

  account(key: string): string {
    return `${this.tag}a:${plain(key)}`;
  }

  notes(key: string): string {
    return `${this.tag}n:${plain(key)}`;
  }
}

/** `{prefix}:`, or `{prefix/partition}:`. */
export const tagOf = (prefix: string, partition: string): string =>
  partition === '' ? `{${prefix}}:` : `{${prefix}/${plain(partition)}}:`;
