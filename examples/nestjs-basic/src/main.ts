import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { AppModule } from './app.module.js';
import { settingsFrom } from './settings.js';

const app = await NestFactory.create(AppModule.forRoot(settingsFrom(process.env)));
app.enableShutdownHooks(); // calls in flight are settled before the process ends
await app.listen(Number(process.env.PORT ?? 3000));
