import { setImmediate as nextTurn } from 'node:timers/promises';

const SLICE = 64 * 1024;

export interface PieceOptions {
  readonly pieceBytes?: number;
  readonly splitAt?: number | readonly number[];
}

/**
 * Cuts a body's pieces further: every `pieceBytes`, at the byte positions of `splitAt`, and never above 64 KiB, so that
 * a slow reader holds the writer back. Chosen cuts are a turn of the event loop apart: what is written in one turn
 * reaches a caller in one read.
 */
export async function* cutPieces(pieces: AsyncIterable<Buffer>, options: PieceOptions): AsyncGenerator<Buffer> {
  const positions = [options.splitAt ?? []].flat().sort((a, b) => a - b);
  const size = Math.max(1, options.pieceBytes ?? SLICE);
  const apart = options.pieceBytes !== undefined || positions.length > 0;
  let position = 0;
  for await (const piece of pieces) {
    for (let start = 0; start < piece.length; ) {
      const here = position + start;
      const split = positions.find((at) => at > here) ?? Number.POSITIVE_INFINITY;
      const end = Math.min(piece.length, start + size, start + split - here);
      yield piece.subarray(start, end);
      start = end;
      if (apart) await nextTurn();
    }
    position += piece.length;
  }
}
