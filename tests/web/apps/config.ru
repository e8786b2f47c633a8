# A small site for Puma: `/slow` takes a while, `/fail` fails, and what is not there is not found.

STATUS = { '/ok' => 200, '/slow' => 200, '/fail' => 500 }.freeze

run(lambda do |environment|
  path = environment['PATH_INFO']
  sleep 0.12 if path == '/slow'
  body = environment['REQUEST_METHOD'] == 'HEAD' ? [] : ['hello']
  [STATUS.fetch(path, 404), { 'Content-Type' => 'text/plain', 'Content-Length' => '5' }, body]
end)
