import { CHAT, type PostInit, postInit, readAnswer } from './calls.js';
import type { MeteredEden } from './meter.js';

/** Plain chats with the stand-in, over fetch. */
export const chats = (metered: MeteredEden) => ({
  /** Makes a chat and reads its answer; its status. */
  async ask(init: PostInit = {}, body: object = CHAT): Promise<number> {
    const response = await fetch(`${metered.eden.baseUrl}/chat/completions`, postInit(body, init));
    await readAnswer(response);
    return response.status;
  },

  /** The next call is answered when what this returns is called. */
  heldCall(reply: { costUsd: number }): () => void {
    let letGo = (): void => {};
    const hold = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    metered.eden.script({ ...reply, hold });
    return letGo;
  },
});
