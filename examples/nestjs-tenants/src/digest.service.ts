import { WithCosts } from '@eden-cost/nestjs';
import { Inject, Injectable } from '@nestjs/common';
import OpenAI from 'openai';

/** A nightly job. In an app with `@nestjs/schedule`, `@Cron('0 3 * * *')` stands above `@WithCosts()`. */
@Injectable()
export class DigestService {
  constructor(@Inject(OpenAI) private readonly openai: OpenAI) {}

  /** Its cost is one line in the log, with these labels; the plan of its tenant pays for it. */
  @WithCosts((tenant: string) => ({ tenant, job: 'digest' }))
  async digest(tenant: string, news: string[]): Promise<string> {
    const answer = await this.openai.chat.completions.create({
      model: 'openai/gpt-4o-mini',
      messages: [{ role: 'user', content: `For ${tenant}, in one sentence: ${news.join('. ')}` }],
      max_tokens: 60,
    });
    return answer.choices[0]?.message.content ?? '';
  }
}
