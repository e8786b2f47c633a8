"""A small site on one of Python's servers: `python3 apps/pages.py SERVER PORT`. `/slow` takes a while, `/fail` fails, and what
is not there is not found. uWSGI and Twisted import it and take `application`."""

import asyncio
import logging
import sys
import time

SLOW_S = 0.12


def status(path):
    return {"/ok": 200, "/slow": 200, "/fail": 500}.get(path, 404)


def application(environ, start_response):
    path = environ["PATH_INFO"]
    if path == "/slow":
        time.sleep(SLOW_S)
    start_response(f"{status(path)} Said", [("Content-Type", "text/plain"), ("Content-Length", "5")])
    return [b"" if environ["REQUEST_METHOD"] == "HEAD" else b"hello"]


async def asgi(scope, receive, send):
    if scope["type"] != "http":
        return
    if scope["path"] == "/slow":
        await asyncio.sleep(SLOW_S)
    await send({"type": "http.response.start", "status": status(scope["path"]), "headers": [(b"content-length", b"5")]})
    await send({"type": "http.response.body", "body": b"hello"})


def uvicorn(port):
    import uvicorn

    uvicorn.run(asgi, port=port)


def werkzeug(port):
    from werkzeug.serving import run_simple

    run_simple("127.0.0.1", port, application)


def aiohttp(port):
    from aiohttp import web

    async def handle(request):
        if request.path == "/slow":
            await asyncio.sleep(SLOW_S)
        return web.Response(text="hello", status=status(request.path))

    logging.basicConfig(level=logging.INFO)
    site = web.Application()
    site.router.add_route("*", "/{path:.*}", handle)
    web.run_app(site, host="127.0.0.1", port=port)


def tornado(port):
    import tornado.log
    import tornado.web

    class Page(tornado.web.RequestHandler):
        async def get(self):
            if self.request.path == "/slow":
                await asyncio.sleep(SLOW_S)
            self.set_status(status(self.request.path))
            self.write("hello")

        head = post = get

    async def serve():
        tornado.web.Application([("/.*", Page)]).listen(port, "127.0.0.1")
        await asyncio.Event().wait()

    logging.getLogger().setLevel(logging.INFO)
    tornado.log.enable_pretty_logging()
    asyncio.run(serve())


def django(port):
    import django
    from django.conf import settings
    from django.core.management import call_command
    from django.http import HttpResponse
    from django.urls import re_path

    def page(request, path):
        if path == "slow":
            time.sleep(SLOW_S)
        return HttpResponse("hello", status=status(f"/{path}"))

    routes = type("Routes", (), {"urlpatterns": [re_path("(.*)", page)]})
    settings.configure(DEBUG=True, ROOT_URLCONF=routes, ALLOWED_HOSTS=["*"], SECRET_KEY="of the tests", MIDDLEWARE=[])
    django.setup()
    call_command("runserver", f"127.0.0.1:{port}", use_reloader=False)


if __name__ == "__main__":
    {"uvicorn": uvicorn, "werkzeug": werkzeug, "aiohttp": aiohttp, "tornado": tornado, "django": django}[sys.argv[1]](
        int(sys.argv[2])
    )
