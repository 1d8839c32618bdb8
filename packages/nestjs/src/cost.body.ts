import { Readable } from 'node:stream';
import type { CostScope } from '@eden-cost/core';
import { StreamableFile } from '@nestjs/common';
import type { CostAdapter } from './cost.adapter.js';
import { lazyIn } from './cost.lazy.js';
import { PaymentRequiredException } from './payment-required.exception.js';

type Translate = (error: unknown) => unknown;

/**
 * What a handler returns, if it is made while it is sent: read within the scope, and failing with the translated error.
 * What it raises goes past interceptors, to a file's own handler or to the app's.
 */
export function guardBody(body: unknown, scope: CostScope, translate: Translate, adapter: CostAdapter): unknown {
  if (body instanceof StreamableFile) return guardFile(body, scope, translate, adapter);
  if (body instanceof Readable) guardStream(body, scope, translate);
  return lazyIn(scope, body) ?? body;
}

function guardFile(file: StreamableFile, scope: CostScope, translate: Translate, adapter: CostAdapter): StreamableFile {
  const stream: unknown = file.getStream();
  if (stream instanceof Readable) guardStream(stream, scope, translate);
  const { errorHandler, errorLogger } = file;
  // it is logged whole, with its cause: an SDK's error has the request, and with it the key
  const publicly = (error: Error) => (error instanceof PaymentRequiredException ? new Error(error.message) : error);
  // not in Nest 10.0
  file.setErrorLogger?.((error) => errorLogger(publicly(error)));
  return file.setErrorHandler((error, response) => {
    const translated = translate(error) as Error;
    const canAnswer = !response.destroyed && !response.headersSent;
    if (canAnswer && translated instanceof PaymentRequiredException) adapter.answer(translated, response);
    else errorHandler(publicly(translated), response);
  });
}

/** A stream fails by its `destroy`, and makes more of itself in its `_read`. */
function guardStream(stream: Readable, scope: CostScope, translate: Translate): void {
  const { destroy, _read: read } = stream;
  stream.destroy = (error, ...rest) => destroy.call(stream, error && (translate(error) as Error), ...rest);
  stream._read = (size) => scope.run(() => read.call(stream, size));
}
