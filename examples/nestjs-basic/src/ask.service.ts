import { Inject, Injectable } from '@nestjs/common';
import OpenAI from 'openai';
import { from, map, mergeMap, type Observable } from 'rxjs';

/** Calls Eden AI; nothing in here knows of cost. */
@Injectable()
export class AskService {
  constructor(@Inject(OpenAI) private readonly openai: OpenAI) {}

  async ask(question: string): Promise<string> {
    const answer = await this.openai.chat.completions.create(chat(question));
    return answer.choices[0]?.message.content ?? '';
  }

  stream(question: string): Observable<string> {
    return from(this.openai.chat.completions.create({ ...chat(question), stream: true })).pipe(
      mergeMap((chunks) => from(chunks)),
      map((chunk) => chunk.choices[0]?.delta?.content ?? ''),
    );
  }
}

const chat = (question: string) => ({
  model: 'openai/gpt-4o-mini',
  messages: [{ role: 'user' as const, content: question }],
  max_tokens: 60,
});
