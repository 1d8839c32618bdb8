import { ANSWER_KEYS, type JsonObject } from './json-object.js';
import {
  type CutValue,
  readSpan,
  type Scan,
  scanHead,
  scanTail,
  scanTopLevel,
  spanText,
  type WantedKeys,
} from './json-scan.js';

/** An object of which only what is asked for is parsed: it may be megabytes, and broken off. */
export class ScannedObject implements JsonObject {
  /** @param body what the spans of the scan point into */
  private constructor(
    private readonly body: Buffer,
    private readonly scan: Scan,
  ) {}

  static of(body: Buffer, keys: WantedKeys): ScannedObject {
    return new ScannedObject(body, scanTopLevel(body, keys));
  }

  /** Of the first bytes of one. */
  static ofHead(head: Buffer, keys: WantedKeys): ScannedObject {
    return new ScannedObject(head, scanHead(head, keys));
  }

  /** Of the last bytes of one. */
  static ofTail(tail: Buffer, keys: WantedKeys): ScannedObject {
    return new ScannedObject(tail, scanTail(tail, keys));
  }

  get complete(): boolean {
    return this.scan.complete;
  }

  get cut(): CutValue | undefined {
    return this.scan.cut;
  }

  value(key: string): unknown {
    return readSpan(this.body, this.scan.values.get(key));
  }

  text(key: string): string | undefined {
    return spanText(this.body, this.scan.values.get(key));
  }

  nested(key: string, keys = ANSWER_KEYS): ScannedObject | undefined {
    const span = this.scan.values.get(key);
    return span && ScannedObject.of(this.body.subarray(span.start, span.end), keys);
  }
}
