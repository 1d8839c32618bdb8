const { Readable } = require('node:stream');
require('reflect-metadata');

/** Decorators are functions: applied by hand, they need no compiler. */
module.exports =
  (
    { Catch, Controller, Get, Inject, Module, Post, Req, Res, StreamableFile },
    { BaseExceptionFilter, HttpAdapterHost, NestFactory },
  ) =>
  (platform, { Budget, COST_METER, CostModule, CostService }) =>
  async ({ options: { mountTwice, ...options }, routes, heard }) => {
    class Handlers {}
    Inject(CostService)(Handlers.prototype, 'costs');
    routes.forEach(({ method = 'GET', path, budgets = [], raw, streams, handle }, index) => {
      const name = `handle${index}`;
      Handlers.prototype[name] = function handler(request, response) {
        if (raw) response.hijack?.();
        const costs = this.costs.current();
        const { query } = request;
        const given = { costs, query, request: request.raw ?? request, response: response.raw ?? response };
        return streams ? new StreamableFile(Readable.from(handle(given), { objectMode: false })) : handle(given);
      };
      const descriptor = Object.getOwnPropertyDescriptor(Handlers.prototype, name);
      Req()(Handlers.prototype, name, 0);
      Res(raw ? undefined : { passthrough: true })(Handlers.prototype, name, 1);
      for (const budget of budgets) Budget(budget)(Handlers.prototype, name, descriptor);
      ({ GET: Get, POST: Post })[method](path)(Handlers.prototype, name, descriptor);
    });
    Controller()(Handlers);

    class Listening extends BaseExceptionFilter {
      catch(error, host) {
        heard(error);
        super.catch(error, host);
      }
    }
    Catch()(Listening);

    class AppModule {}
    const labels = (context) => ({ tenant: context.switchToHttp().getRequest().headers['x-tenant'] });
    const imports = [CostModule.forRoot({ labels, ...options })];
    if (mountTwice) imports.push(CostModule.forRoot({ labels: () => ({ again: 'yes' }) }));
    Module({ imports, controllers: [Handlers] })(AppModule);
    const app = await NestFactory.create(AppModule, platform(), {
      logger: false,
      forceCloseConnections: true,
      abortOnError: false,
    });
    app.useGlobalFilters(new Listening(app.get(HttpAdapterHost).httpAdapter));
    await app.listen(0, '127.0.0.1');
    const meter = app.get(COST_METER);
    return { url: (await app.getUrl()).replace('[::1]', '127.0.0.1'), meter, close: () => app.close() };
  };
