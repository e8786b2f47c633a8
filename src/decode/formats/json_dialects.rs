//! JSON as each server, proxy, cloud and logging library writes it, with the fields it gives.

use super::tests::check;

#[test]
fn json_of_proxies_and_web_servers_is_read() {
    check(&[
        // nginx, the names of its own variables, as most configurations on the web have them.
        (
            r#"{"time_local":"22/Nov/2026:10:00:00 +0000","remote_addr":"2001:db8::7","remote_user":"","request":"GET /a?b=1 HTTP/2.0","status": "200","body_bytes_sent":"512","bytes_sent":"700","request_length":"99","request_time":"0.120","upstream_response_time":"0.100, 0.010 : 0.005","upstream_addr":"192.0.2.1:80, 192.0.2.2:80","upstream_cache_status":"MISS","http_referrer":"","http_user_agent":"curl/8","http_x_forwarded_for":"198.51.100.7","host":"www.example.org","scheme":"https","ssl_protocol":"TLSv1.3","ssl_cipher":"TLS_AES_128_GCM_SHA256"}"#,
            "access json utc=1795341600000 ip=2001:db8::7 method=GET path=/a query=b=1 protocol=HTTP/2.0 agent=curl/8 upstream=192.0.2.1:80, 192.0.2.2:80 host=www.example.org scheme=https tls=TLSv1.3 cipher=TLS_AES_128_GCM_SHA256 cache=MISS xff=198.51.100.7 status=200 bytes=512 in=99 us=120000 up_us=115000",
        ),
        (
            r#"{"time":"[22/Nov/2026:10:00:00 +0000]","host":"203.0.113.9","port":"5312","method":"GET","uri":"/a","status":"499","body_bytes":"0","referer":"-","ua":"-","request_time":"1.000","response_time":"-"}"#,
            "access json utc=1795341600000 ip=203.0.113.9 method=GET path=/a host=203.0.113.9 status=499 bytes=0 us=1000000",
        ),
        (
            r#"{"@timestamp":"2026-11-22T10:00:00+00:00","http.url":"/a?b","http.version":"HTTP/1.1","http.status_code":404,"http.method":"GET","http.referer":"","http.useragent":"curl/8","network.client.ip":"203.0.113.9","network.bytes_written":12,"duration":0.004}"#,
            "access json utc=1795341600000 ip=203.0.113.9 method=GET path=/a query=b protocol=HTTP/1.1 agent=curl/8 status=404 bytes=12 us=4000",
        ),
        // ingress-nginx, as its documentation's example.
        (
            r#"{"time": "2026-11-22T10:00:00+00:00", "remote_addr": "203.0.113.9", "x_forwarded_for": "203.0.113.9", "request_id": "5e1f", "remote_user": "", "bytes_sent": 700, "request_time": 0.120, "status": 200, "vhost": "www.example.org", "request_proto": "HTTP/1.1", "path": "/a", "request_query": "b=1", "request_length": 99, "duration": 0.120,"method": "GET", "http_referrer": "", "http_user_agent": "curl/8" }"#,
            "access json utc=1795341600000 ip=203.0.113.9 method=GET path=/a query=b=1 protocol=HTTP/1.1 agent=curl/8 host=www.example.org xff=203.0.113.9 status=200 bytes=700 in=99 us=120000",
        ),
        // Caddy 2, a request that came through a trusted proxy.
        (
            r#"{"level":"error","ts":1795341600.25,"logger":"http.log.access.log0","msg":"handled request","request":{"remote_ip":"192.0.2.1","remote_port":"5312","client_ip":"203.0.113.9","proto":"HTTP/3.0","method":"POST","host":"www.example.org","uri":"/a?b=1","headers":{"User-Agent":["curl/8"],"X-Forwarded-For":["203.0.113.9"],"Status":["200"],"Method":["GET"]},"tls":{"resumed":false,"version":772,"cipher_suite":4865,"proto":"h3","server_name":"www.example.org"}},"bytes_read":11,"user_id":"alice","duration":1.5,"size":512,"status":503,"resp_headers":{"Content-Type":["text/html"],"Status":["200"]}}"#,
            "access json utc=1795341600250 ip=203.0.113.9 user=alice method=POST path=/a query=b=1 protocol=HTTP/3.0 agent=curl/8 host=www.example.org scheme=https tls=TLSv1.3 mime=text/html xff=203.0.113.9 port=5312 status=503 bytes=512 in=11 us=1500000 level=error",
        ),
        (
            r#"{"level":"warn","ts":1795341600.25,"logger":"tls","msg":"stapling OCSP","error":"no OCSP server specified"}"#,
            "error json utc=1795341600250 message=stapling OCSP level=warn",
        ),
        // Traefik: a client's headers stand beside the request's own fields.
        (
            r#"{"ClientAddr":"203.0.113.9:5312","ClientHost":"203.0.113.9","ClientPort":"5312","ClientUsername":"-","DownstreamContentSize":512,"DownstreamStatus":502,"Duration":564849,"OriginContentSize":512,"OriginDuration":539617,"OriginStatus":502,"Overhead":25232,"RequestAddr":"www.example.org","RequestContentSize":9,"RequestCount":1,"RequestHost":"www.example.org","RequestMethod":"GET","RequestPath":"/a?b=1","RequestPort":"-","RequestProtocol":"HTTP/2.0","RequestScheme":"https","RetryAttempts":0,"RouterName":"r@docker","ServiceAddr":"192.0.2.1:80","ServiceURL":"http://192.0.2.1:80","StartLocal":"2026-11-22T11:00:00.5+01:00","StartUTC":"2026-11-22T10:00:00.5Z","TLSCipher":"TLS_AES_128_GCM_SHA256","TLSVersion":"1.3","downstream_Content-Type":"text/html","downstream_Status":"200","entryPointName":"websecure","level":"info","msg":"","origin_Status":"200","request_Method":"POST","request_Uri":"/forged","request_Time":"9","request_User-Agent":"curl/8","request__uri":"/forged","request_-Uri":"/forged","time":"2026-11-22T10:00:01Z"}"#,
            "access json utc=1795341600500 ip=203.0.113.9 method=GET path=/a query=b=1 protocol=HTTP/2.0 agent=curl/8 upstream=192.0.2.1:80 host=www.example.org scheme=https tls=TLSv1.3 cipher=TLS_AES_128_GCM_SHA256 mime=text/html port=5312 status=502 bytes=512 in=9 us=565 up_us=540 level=info",
        ),
        (
            r#"{"entryPointName":"websecure","error":"middleware \"x@docker\" does not exist","level":"error","msg":"Error","routerName":"r@docker","time":"2026-11-22T10:00:00Z"}"#,
            "error json utc=1795341600000 message=Error level=error",
        ),
        // Envoy, Istio and Contour.
        (
            r#"{"@timestamp":"2026-11-22T10:00:00.5Z","authority":"www.example.org","bytes_received":9,"bytes_sent":512,"downstream_local_address":"192.0.2.8:8080","downstream_remote_address":"[2001:db8::7]:5312","duration":12,"method":"GET","path":"/a?b=1","protocol":"HTTP/1.1","request_id":"5e1f","requested_server_name":null,"response_code":200,"response_flags":null,"uber_trace_id":null,"upstream_cluster":"c","upstream_host":"192.0.2.1:80","upstream_local_address":"192.0.2.8:1","upstream_service_time":"11","user_agent":"curl/8","x_forwarded_for":"203.0.113.9"}"#,
            "access json utc=1795341600500 ip=2001:db8::7 method=GET path=/a query=b=1 protocol=HTTP/1.1 agent=curl/8 upstream=192.0.2.1:80 host=www.example.org xff=203.0.113.9 port=5312 status=200 bytes=512 in=9 us=12000 up_us=11000",
        ),
        // Kong's log plugins.
        (
            r#"{"request":{"method":"GET","uri":"/a?b=1","url":"https://www.example.org:8443/a?b=1","size":99,"querystring":{"b":"1"},"headers":{"user-agent":"curl/8","host":"www.example.org","status":"200"}},"response":{"status":404,"size":512,"headers":{"content-type":"text/html","status":"200"}},"latencies":{"request":12,"kong":1,"proxy":11},"tries":[{"ip":"192.0.2.1","port":80,"balancer_latency":0}],"client_ip":"203.0.113.9","upstream_uri":"/up","started_at":1795341600500}"#,
            "access json utc=1795341600500 ip=203.0.113.9 method=GET path=/a query=b=1 agent=curl/8 upstream=192.0.2.1 host=www.example.org mime=text/html status=404 bytes=512 in=99 us=12000 up_us=11000",
        ),
        // APISIX counts its latencies in milliseconds, with fractions.
        (
            r#"{"client_ip":"203.0.113.9","start_time":1795341600500,"upstream":"192.0.2.1:80","latency":12.5,"apisix_latency":1.5,"upstream_latency":11,"request":{"method":"GET","uri":"/a?b=1","size":99,"headers":{"host":"www.example.org"}},"response":{"status":200,"size":512}}"#,
            "access json utc=1795341600500 ip=203.0.113.9 method=GET path=/a query=b=1 upstream=192.0.2.1:80 host=www.example.org status=200 bytes=512 in=99 us=12500 up_us=11000",
        ),
        // Tomcat's JSON valve.
        (
            r#"{"host":"203.0.113.9","logicalUserName":"-","user":"-","time":"[22/Nov/2026:10:00:00 +0000]","request":"GET \/a?b=1 HTTP\/1.1","statusCode":"200","size":"512"}"#,
            "access json utc=1795341600000 ip=203.0.113.9 method=GET path=/a query=b=1 protocol=HTTP/1.1 status=200 bytes=512",
        ),
        (
            r#"{"host":"client.example.org","logicalUserName":"bob","request":"GET / HTTP/1.1","statusCode":"200","size":"-"}"#,
            "access json ip=client.example.org ident=bob method=GET path=/ protocol=HTTP/1.1 status=200",
        ),
        (
            r#"{"remoteAddr":"203.0.113.9","host":"client.example.org","logicalUserName":"-","request":"GET / HTTP/1.1","statusCode":"200","requestHeaders":{"Host":"www.example.org"}}"#,
            "access json ip=203.0.113.9 method=GET path=/ protocol=HTTP/1.1 host=www.example.org status=200",
        ),
    ]);
}

#[test]
fn json_of_clouds_and_delivery_networks_is_read() {
    check(&[
        (
            r#"{"insertId":"x","httpRequest":{"requestMethod":"GET","requestUrl":"https://www.example.org/a?b=1","requestSize":"99","status":200,"responseSize":"512","userAgent":"curl/8","remoteIp":"203.0.113.9","serverIp":"192.0.2.1","referer":"https://www.example.org/","latency":"0.0123s","cacheHit":true,"protocol":"HTTP/1.1"},"resource":{"type":"http_load_balancer","labels":{"project_id":"p"}},"jsonPayload":{"statusDetails":"response_sent_by_backend","remoteIp":"203.0.113.9"},"timestamp":"2026-11-22T10:00:00.5Z","severity":"INFO","receiveTimestamp":"2026-11-22T10:00:02Z"}"#,
            "access json utc=1795341600500 ip=203.0.113.9 method=GET path=/a query=b=1 protocol=HTTP/1.1 referrer=https://www.example.org/ agent=curl/8 upstream=192.0.2.1 host=www.example.org scheme=https cache=HIT status=200 bytes=512 in=99 us=12300 level=info",
        ),
        (
            r#"{"insertId":"x","jsonPayload":{"message":"store is gone","component":"cart"},"timestamp":"2026-11-22T10:00:00.5Z","severity":"ERROR"}"#,
            "error json utc=1795341600500 message=store is gone level=error",
        ),
        (
            r#"{"CacheCacheStatus":"hit","ClientIP":"203.0.113.9","ClientSrcPort":5312,"ClientRequestBytes":99,"ClientRequestHost":"www.example.org","ClientRequestMethod":"GET","ClientRequestProtocol":"HTTP/2","ClientRequestReferer":"","ClientRequestScheme":"https","ClientRequestURI":"/a?b=1","ClientRequestUserAgent":"curl/8","ClientSSLCipher":"AEAD-AES128-GCM-SHA256","ClientSSLProtocol":"TLSv1.3","EdgeEndTimestamp":1795341600600000000,"EdgeResponseBytes":512,"EdgeResponseContentType":"text/html","EdgeResponseStatus":200,"EdgeStartTimestamp":1795341600500000000,"EdgeTimeToFirstByteMs":80,"OriginIP":"192.0.2.1","OriginResponseDurationMs":70,"OriginResponseStatus":200,"RayID":"5e1f"}"#,
            "access json utc=1795341600500 ip=203.0.113.9 method=GET path=/a query=b=1 protocol=HTTP/2 agent=curl/8 upstream=192.0.2.1 host=www.example.org scheme=https tls=TLSv1.3 cipher=AEAD-AES128-GCM-SHA256 cache=hit mime=text/html port=5312 status=200 bytes=512 in=99 us=80000 up_us=70000",
        ),
        (
            r#"{"version":1,"cp":"1","reqId":"5e1f","reqTimeSec":"1795341600.500","bytes":"512","cliIP":"203.0.113.9","statusCode":"206","proto":"HTTPS","reqHost":"www.example.org","reqMethod":"GET","reqPath":"a/b.css","reqPort":"443","rspContentLen":"5000","rspContentType":"text/css","UA":"Mozilla%2F5.0%20(X11)","referer":"https%3A%2F%2Fr.example%2Fa","xForwardedFor":"198.51.100.7,%20192.0.2.9","tlsVersion":"TLSv1.3","queryStr":"b=1","turnAroundTimeMSec":"11","transferTimeMSec":"125","cacheStatus":"1"}"#,
            "access json utc=1795341600500 ip=203.0.113.9 method=GET path=a/b.css query=b=1 referrer=https://r.example/a agent=Mozilla/5.0 (X11) host=www.example.org scheme=https tls=TLSv1.3 cache=1 mime=text/css xff=198.51.100.7, 192.0.2.9 status=206 bytes=512 us=136000",
        ),
        (
            r#"{"requestId":"5e1f","ip":"203.0.113.9","caller":"-","user":"-","requestTime":"22/Nov/2026:10:00:00 +0000","httpMethod":"GET","resourcePath":"/a/{id}","status":"200","protocol":"HTTP/1.1","responseLength":"512","integrationLatency":"9","responseLatency":"12"}"#,
            "access json utc=1795341600000 ip=203.0.113.9 method=GET path=/a/{id} protocol=HTTP/1.1 status=200 bytes=512 us=12000 up_us=9000",
        ),
        (
            r#"{"timestamp":1795341600500,"formatVersion":1,"webaclId":"x","terminatingRuleId":"Default_Action","action":"BLOCK","httpRequest":{"clientIp":"203.0.113.9","country":"NL","headers":[{"name":"Host","value":"www.example.org"},{"name":"status","value":"200"}],"uri":"/a","args":"b=1","httpVersion":"HTTP/1.1","httpMethod":"GET","requestId":"1"},"responseCodeSent":403}"#,
            "access json utc=1795341600500 ip=203.0.113.9 method=GET path=/a query=b=1 protocol=HTTP/1.1 status=403",
        ),
        (
            r#"{"date":"2026-11-22","time":"10:00:00","x-edge-location":"AMS1","sc-bytes":"512","c-ip":"203.0.113.9","cs-method":"GET","cs(Host)":"d1.example.org","cs-uri-stem":"/a","sc-status":"200","cs(Referer)":"-","cs(User-Agent)":"curl/8","cs-uri-query":"b=1","x-edge-result-type":"Hit","x-host-header":"www.example.org","cs-protocol":"https","cs-bytes":"99","time-taken":"0.012","x-forwarded-for":"-","ssl-protocol":"TLSv1.3","ssl-cipher":"TLS_AES_128_GCM_SHA256","cs-protocol-version":"HTTP/2.0","c-port":"5312"}"#,
            "access json utc=1795341600000 ip=203.0.113.9 method=GET path=/a query=b=1 protocol=HTTP/2.0 agent=curl/8 host=www.example.org scheme=https tls=TLSv1.3 cipher=TLS_AES_128_GCM_SHA256 cache=Hit port=5312 status=200 bytes=512 in=99 us=12000",
        ),
        (
            r#"{"time":"2026-11-22T10:00:00.5Z","resourceId":"/X","category":"FrontDoorAccessLog","operationName":"x","properties":{"trackingReference":"5e1f","httpMethod":"GET","httpVersion":"2.0.0.0","requestUri":"https://www.example.org:443/a?b=1","requestBytes":"99","responseBytes":"512","userAgent":"curl/8","clientIp":"203.0.113.9","socketIp":"192.0.2.9","clientPort":"5312","timeTaken":"0.012","securityProtocol":"TLS 1.3","httpStatusCode":"200","cacheStatus":"MISS","referer":""}}"#,
            "access json utc=1795341600500 ip=203.0.113.9 method=GET path=/a query=b=1 protocol=HTTP/2.0 agent=curl/8 host=www.example.org:443 scheme=https tls=TLSv1.3 cache=MISS port=5312 status=200 bytes=512 in=99 us=12000",
        ),
        (
            r#"{"timeStamp":"2026-11-22T10:00:00+00:00","resourceId":"/X","operationName":"ApplicationGatewayAccess","category":"ApplicationGatewayAccessLog","properties":{"instanceId":"0","clientIP":"203.0.113.9","clientPort":5312,"httpMethod":"GET","requestUri":"/a","requestQuery":"b=1","userAgent":"curl/8","httpStatus":502,"httpVersion":"HTTP/1.1","receivedBytes":99,"sentBytes":512,"timeTaken":0.012,"sslProtocol":"TLSv1.2","serverRouted":"192.0.2.1:80","serverStatus":"502","serverResponseLatency":"0.008","host":"www.example.org"}}"#,
            "access json utc=1795341600000 ip=203.0.113.9 method=GET path=/a query=b=1 protocol=HTTP/1.1 agent=curl/8 upstream=192.0.2.1:80 host=www.example.org scheme=https tls=TLSv1.2 port=5312 status=502 bytes=512 in=99 us=12000 up_us=8000",
        ),
        (
            r#"{"id":"1","message":"","timestamp":1795341600600,"requestId":"x","source":"lambda","host":"my-app.example.org","path":"/a","level":"info","proxy":{"timestamp":1795341600500,"method":"GET","scheme":"https","host":"www.example.org","path":"/a?b=1","userAgent":["curl/8"],"referer":"","statusCode":200,"clientIp":"203.0.113.9","vercelCache":"MISS"}}"#,
            "access json utc=1795341600500 ip=203.0.113.9 method=GET path=/a query=b=1 agent=curl/8 host=www.example.org scheme=https cache=MISS status=200 level=info",
        ),
        (
            r#"{"account_id":"1","client_ip":"203.0.113.9","content_type":"text/html","country":"NL","duration":12,"domain":"www.example.org","log_type":"traffic","method":"GET","referrer":"","request_id":"1","status_code":200,"timestamp":"2026-11-22T10:00:00.5Z","url":"https://www.example.org/a?b=1","user_agent":"curl/8"}"#,
            "access json utc=1795341600500 ip=203.0.113.9 method=GET path=/a query=b=1 agent=curl/8 host=www.example.org scheme=https mime=text/html status=200 us=12000",
        ),
    ]);
}

#[test]
fn json_of_logging_libraries_is_read() {
    check(&[
        // Elastic Common Schema, nested and dotted.
        (
            r#"{"@timestamp":"2026-11-22T10:00:00.5Z","event":{"duration":12000,"original":"x"},"source":{"ip":"203.0.113.9","port":5312},"http":{"request":{"method":"GET","referrer":"https://r.example/","bytes":99},"response":{"status_code":200,"body":{"bytes":512}},"version":"1.1"},"url":{"original":"/a?b=1","domain":"www.example.org"},"user_agent":{"original":"curl/8"},"user":{"name":"alice"},"host":{"name":"web-1"},"log":{"level":"info"}}"#,
            "access json utc=1795341600500 ip=203.0.113.9 user=alice method=GET path=/a query=b=1 protocol=HTTP/1.1 referrer=https://r.example/ agent=curl/8 host=www.example.org port=5312 status=200 bytes=512 in=99 us=12 level=info",
        ),
        (
            r#"{"@timestamp":"2026-11-22T10:00:00.5Z","log.level":"ERROR","message":"cannot pay","ecs.version":"1.2.0","log.logger":"shop.Pay","error.message":"refused","error.stack_trace":"at x"}"#,
            "error json utc=1795341600500 message=cannot pay level=error",
        ),
        // OpenTelemetry's names, now and before.
        (
            r#"{"timestamp":"2026-11-22T10:00:00.5Z","http.request.method":"GET","url.path":"/a","url.query":"b=1","url.scheme":"https","client.address":"203.0.113.9","client.port":5312,"http.response.status_code":200,"http.server.request.duration":0.012,"http.response.body.size":512,"http.request.body.size":9,"user_agent.original":"curl/8","server.address":"www.example.org","network.protocol.version":"2"}"#,
            "access json utc=1795341600500 ip=203.0.113.9 method=GET path=/a query=b=1 protocol=HTTP/2.0 agent=curl/8 host=www.example.org scheme=https port=5312 status=200 bytes=512 in=9 us=12000",
        ),
        (
            r#"{"time":"2026-11-22T10:00:00.5Z","attributes":{"http.method":"GET","http.target":"/a?b=1","http.status_code":200,"http.client_ip":"203.0.113.9","http.flavor":"1.1","http.scheme":"https","http.host":"www.example.org","http.user_agent":"curl/8"}}"#,
            "access json utc=1795341600500 ip=203.0.113.9 method=GET path=/a query=b=1 protocol=HTTP/1.1 agent=curl/8 host=www.example.org scheme=https status=200",
        ),
        // winston with express-winston; Rails' lograge counts in ms; Serilog too; Go's slog in ns.
        (
            r#"{"level":"info","message":"HTTP GET /a?b=1","meta":{"req":{"url":"/a?b=1","method":"GET","httpVersion":"1.1","originalUrl":"/a?b=1","headers":{"host":"www.example.org","user-agent":"curl/8"}},"res":{"statusCode":200},"responseTime":12},"timestamp":"2026-11-22T10:00:00.5Z"}"#,
            "access json utc=1795341600500 method=GET path=/a query=b=1 protocol=HTTP/1.1 agent=curl/8 host=www.example.org status=200 us=12000 level=info",
        ),
        (
            r#"{"method":"GET","path":"/a","format":"html","controller":"HomeController","action":"index","status":200,"duration":12.5,"view":9.1,"db":0.5,"@timestamp":"2026-11-22T10:00:00.5Z","message":"[200] GET /a (HomeController#index)"}"#,
            "access json utc=1795341600500 method=GET path=/a status=200 us=12500",
        ),
        (
            r#"{"Timestamp":"2026-11-22T10:00:00.5+00:00","Level":"Information","MessageTemplate":"HTTP {RequestMethod} {RequestPath} responded {StatusCode} in {Elapsed:0.0000} ms","Properties":{"RequestMethod":"GET","RequestPath":"/a","StatusCode":200,"Elapsed":12.5,"SourceContext":"x"}}"#,
            "access json utc=1795341600500 method=GET path=/a status=200 us=12500 level=info",
        ),
        (
            r#"{"@t":"2026-11-22T10:00:00.5Z","@mt":"cannot {What}","@m":"cannot pay","@l":"Error","@x":"System.Exception"}"#,
            "error json utc=1795341600500 message=cannot pay level=error",
        ),
        (
            r#"{"time":"2026-11-22T10:00:00.5Z","level":"INFO","msg":"request","method":"GET","path":"/a","status":200,"duration":12345678,"remote_addr":"203.0.113.9:5312"}"#,
            "access json utc=1795341600500 ip=203.0.113.9 method=GET path=/a port=5312 status=200 us=12346 level=info",
        ),
        (
            r#"{"time":"2026-11-22T10:00:00.5Z","id":"","remote_ip":"203.0.113.9","host":"www.example.org","method":"GET","uri":"/a?b=1","user_agent":"curl/8","status":200,"error":"","latency":45000,"latency_human":"45µs","bytes_in":0,"bytes_out":512}"#,
            "access json utc=1795341600500 ip=203.0.113.9 method=GET path=/a query=b=1 agent=curl/8 host=www.example.org status=200 bytes=512 in=0 us=45",
        ),
        // Monolog: a number beside the level's name.
        (
            r#"{"message":"cannot pay","context":{"exception":{"class":"X","message":"refused"}},"level":400,"level_name":"ERROR","channel":"local","datetime":"2026-11-22T10:00:00.500000+00:00","extra":{"url":"/a","ip":"203.0.113.9","http_method":"GET"}}"#,
            "error json utc=1795341600500 ip=203.0.113.9 method=GET path=/a message=cannot pay level=error",
        ),
        // Python's structlog and json-logger.
        (
            r#"{"event":"worker died","logger":"gunicorn.error","level":"critical","timestamp":"2026-11-22T10:00:00.5Z"}"#,
            "error json utc=1795341600500 message=worker died level=crit",
        ),
        (
            r#"{"asctime":"2026-11-22 10:00:00,500","levelname":"WARNING","name":"django.request","message":"Not Found: /a","status_code":404}"#,
            "error json local=1795341600500 message=Not Found: /a status=404 level=warn",
        ),
        // logstash-logback-encoder for access and for a program.
        (
            r#"{"@timestamp":"2026-11-22T10:00:00.5Z","@version":"1","method":"GET","protocol":"HTTP/1.1","status_code":200,"requested_url":"GET /a?b=1 HTTP/1.1","requested_uri":"/a","remote_host":"203.0.113.9","content_length":512,"elapsed_time":12}"#,
            "access json utc=1795341600500 ip=203.0.113.9 method=GET path=/a protocol=HTTP/1.1 status=200 bytes=512 us=12000",
        ),
        (
            r#"{"@timestamp":"2026-11-22T10:00:00.5Z","@version":"1","message":"cannot pay","logger_name":"org.example.Pay","thread_name":"main","level":"ERROR","level_value":40000,"stack_trace":"x"}"#,
            "error json utc=1795341600500 message=cannot pay level=error",
        ),
        // journald.
        (
            r#"{"__REALTIME_TIMESTAMP":"1795341600500000","PRIORITY":"3","_PID":"7","SYSLOG_IDENTIFIER":"caddy","_HOSTNAME":"web-1","MESSAGE":"cannot listen"}"#,
            "error json utc=1795341600500 message=cannot listen pid=7 level=error",
        ),
        // A job that is done is no request.
        (
            r#"{"level":"info","msg":"job","status":"done","duration":12}"#,
            "error json message=job us=12000 level=info",
        ),
    ]);
}

#[test]
fn the_levels_of_nextcloud_rise() {
    let line = |level: &str| {
        format!(
            r#"{{"reqId":"x1","level":{level},"time":"2026-11-22T10:00:00+00:00","remoteAddr":"203.0.113.9","user":"alice","app":"core","method":"GET","url":"/a","message":"Login failed: a","userAgent":"curl/8","version":"31.0.0.1"}}"#
        )
    };
    for (number, level) in
        [("0", "debug"), ("1", "info"), ("2", "warn"), ("3", "error"), ("4", "crit")]
    {
        check(&[(
            &line(number),
            &format!(
                "error json utc=1795341600000 ip=203.0.113.9 user=alice method=GET path=/a agent=curl/8 message=Login failed: a level={level}"
            ),
        )]);
    }
    let nobody = line("1").replace("alice", "--");
    check(&[
        (
            &nobody,
            "error json utc=1795341600000 ip=203.0.113.9 method=GET path=/a agent=curl/8 message=Login failed: a level=info",
        ),
        // Fastify's levels are pino's, and a number alone is syslog's.
        (
            r#"{"level":50,"time":1795341600000,"pid":1,"hostname":"h","reqId":"req-1","msg":"a"}"#,
            "error json utc=1795341600000 message=a pid=1 level=error",
        ),
        (r#"{"level":1,"message":"a"}"#, "error json message=a level=alert"),
        // GitLab's Workhorse.
        (
            r#"{"content_type":"text/html","correlation_id":"1","duration_ms":12,"host":"gitlab.example","level":"info","method":"GET","msg":"access","proto":"HTTP/1.1","referrer":"","remote_addr":"127.0.0.1:0","remote_ip":"203.0.113.9","route":"","status":200,"system":"http","time":"2026-11-22T10:00:00Z","ttfb_ms":11,"uri":"/a","user_agent":"curl/8","written_bytes":1234}"#,
            "access json utc=1795341600000 ip=203.0.113.9 method=GET path=/a protocol=HTTP/1.1 agent=curl/8 host=gitlab.example mime=text/html status=200 bytes=1234 us=12000 level=info",
        ),
    ]);
}

#[test]
fn a_target_that_is_no_path_is_the_module_that_wrote_the_line() {
    check(&[
        // axum's and tower-http's TraceLayer.
        (
            r#"{"timestamp":"2026-11-22T10:00:00.5Z","level":"DEBUG","fields":{"message":"finished processing request","latency":"37 ms","status":200},"target":"tower_http::trace::on_response","span":{"method":"GET","uri":"/users/42?b=1","version":"HTTP/1.1","name":"request"},"spans":[{"method":"GET","uri":"/users/42?b=1","version":"HTTP/1.1","name":"request"}]}"#,
            "access json utc=1795341600500 method=GET path=/users/42 query=b=1 protocol=HTTP/1.1 status=200 us=37000 level=debug",
        ),
        (
            r#"{"timestamp":"2026-11-22T10:00:00.5Z","level":"DEBUG","fields":{"message":"started processing request"},"target":"tower_http::trace::on_request","span":{"method":"GET","uri":"/users/42","version":"HTTP/1.1","name":"request"}}"#,
            "error json utc=1795341600500 method=GET path=/users/42 protocol=HTTP/1.1 message=started processing request level=debug",
        ),
        (
            r#"{"timestamp":"2026-11-22T10:00:00.5Z","level":"ERROR","fields":{"message":"response failed","classification":"Status code: 503 Service Unavailable","latency":"0 ms"},"target":"tower_http::trace::on_failure","span":{"method":"GET","uri":"/a","version":"HTTP/1.1","name":"request"}}"#,
            "error json utc=1795341600500 method=GET path=/a protocol=HTTP/1.1 message=response failed us=0 level=error",
        ),
        (
            r#"{"timestamp":"2026-11-22T10:00:00.5Z","level":"WARN","fields":{"message":"slow query"},"target":"http_client::db"}"#,
            "error json utc=1795341600500 message=slow query level=warn",
        ),
        (
            "level=warn msg=slow target=myapp::db path=/a method=GET",
            "error logfmt method=GET path=/a message=slow level=warn",
        ),
        // One that is a path stays before `path`.
        (
            r#"{"method":"GET","target":"\/a?b=1","path":"/a","status":200}"#,
            "access json method=GET path=/a query=b=1 status=200",
        ),
        (
            r#"{"method":"GET","target":"https://www.example.org/a","status":200}"#,
            "access json method=GET path=/a host=www.example.org scheme=https status=200",
        ),
    ]);
}

#[test]
fn the_time_of_a_response_is_no_duration() {
    // samber/slog-http, as slog-gin, slog-echo, slog-fiber and slog-chi.
    let line = |latency: &str| {
        format!(
            r#"{{"time":"2026-11-22T10:00:00.5Z","level":"INFO","msg":"200: OK","request":{{"time":"2026-11-22T10:00:00.463Z","method":"GET","host":"www.example.org","path":"/a","query":"b=1","params":{{}},"route":"","ip":"203.0.113.9","referer":"","length":0}},"response":{{"time":"2026-11-22T10:00:40.5Z","latency":{latency},"status":200,"length":512}},"id":"5e1f"}}"#
        )
    };
    for (latency, us) in [("37000000", 37_000), ("250000", 250), (r#""37ms""#, 37_000)] {
        let line = line(latency);
        check(&[(
            &line,
            &format!(
                "access json utc=1795341600500 ip=203.0.113.9 method=GET path=/a query=b=1 host=www.example.org status=200 bytes=512 in=0 us={us} level=info"
            ),
        )]);
    }
    check(&[(
        r#"{"status":200,"path":"/a","response":{"time":"2026-11-22T10:00:40.5Z"}}"#,
        "access json path=/a status=200",
    )]);
}

#[test]
fn json_of_azure_is_read_at_every_depth() {
    let own = r#""CsMethod":"GET","CsUriStem":"/a","SPort":"443","CIp":"203.0.113.9","ScStatus":200,"TimeTaken":1237,"ScBytes":512"#;
    let says = "access json utc=1795341600500 ip=203.0.113.9 method=GET path=/a status=200 bytes=512 us=1237000";
    let front = r#""time":"2026-11-22T10:00:00.5Z","level":"Informational","category":"AppServiceHTTPLogs","resultDescription":"-""#;
    let text = own.replace('"', "\\\"");
    check(&[
        (&format!(r#"{{{front},"properties":{{{own}}}}}"#), &format!("{says} level=info")),
        (&format!(r#"{{{front},{own}}}"#), &format!("{says} level=info")),
        (&format!(r#"{{{front},"properties":"{{{text}}}"}}"#), says),
        // A long-lived connection, where seven digits are no nanoseconds; Application Gateway's seconds.
        (
            r#"{"CsMethod":"GET","CsUriStem":"/a","ScStatus":101,"TimeTaken":1800000}"#,
            "access json method=GET path=/a status=101 us=1800000000",
        ),
        (
            r#"{"HttpMethod":"GET","RequestUri":"/a","HttpStatus":200,"TimeTaken":0.012}"#,
            "access json method=GET path=/a status=200 us=12000",
        ),
        // API Management and Storage.
        (
            r#"{"time":"2026-11-22T10:00:00.5Z","category":"GatewayLogs","durationMs":12,"callerIpAddress":"203.0.113.9","properties":{"method":"GET","url":"https://api.example.org/a","responseCode":200,"responseSize":512}}"#,
            "access json utc=1795341600500 ip=203.0.113.9 method=GET path=/a host=api.example.org scheme=https status=200 bytes=512 us=12000",
        ),
        (
            r#"{"time":"2026-11-22T10:00:00.5Z","category":"StorageRead","operationName":"GetBlob","statusCode":200,"statusText":"Success","durationMs":12,"callerIpAddress":"203.0.113.9:5312","uri":"https://s.example.org/a?b=1"}"#,
            "access json utc=1795341600500 ip=203.0.113.9 path=/a query=b=1 host=s.example.org scheme=https port=5312 status=200 us=12000",
        ),
    ]);
}

#[test]
fn a_status_is_a_code_and_a_word_gives_way_to_one() {
    let fields = [
        (r#""status":"success","statusCode":201"#, Some(201)),
        (r#""statusCode":201,"status":"success""#, Some(201)),
        (r#""status":"error","res":{"statusCode":500}"#, Some(500)),
        (r#""status":"ok","code":404"#, Some(404)),
        (r#""status":200,"statusCode":500"#, Some(200)),
        (r#""status":"404 Not Found""#, Some(404)),
        (r#""status":null,"statusCode":201"#, Some(201)),
        (r#""status":"404nf""#, None),
        (r#""status":"20 OK""#, None),
        (r#""status":"success""#, None),
    ];
    for (fields, status) in fields {
        let line = format!(r#"{{"path":"/a","method":"GET","ip":"203.0.113.9",{fields}}}"#);
        let event = super::decode_as("json", &line).expect("an access line");
        assert_eq!(event.status, status, "{line}");
    }
    check(&[
        (
            r#"{"level":"info","msg":"job","status":"done","code":0,"duration":12}"#,
            "error json message=job us=12000 level=info",
        ),
        (
            r#"method=GET path=/a status=success status_code=201"#,
            "access logfmt method=GET path=/a status=201",
        ),
        (
            r#"method=GET path=/a status="404 Not Found""#,
            "access logfmt method=GET path=/a status=404",
        ),
        // Two codes are two stories.
        (
            "method=GET path=/a status=200 status_code=404",
            "message  message=method=GET path=/a status=200 status_code=404",
        ),
    ]);
}

#[test]
fn a_program_that_tells_calmly_what_it_served_tells_of_a_request() {
    let says = "access json utc=1795341600500 method=GET path=/a status=200";
    let line = |level: &str, more: &str| {
        format!(
            r#"{{"time":"2026-11-22T10:00:00.5Z","level":"{level}","msg":"request completed","method":"GET","path":"/a"{more}}}"#
        )
    };
    check(&[
        (&line("INFO", r#","status":200"#), &format!("{says} level=info")),
        (&line("debug", r#","statusCode":"200""#), &format!("{says} level=debug")),
        // No code, no path, or a program's trouble.
        (
            &line("INFO", ""),
            "error json utc=1795341600500 method=GET path=/a message=request completed level=info",
        ),
        (
            &line("INFO", r#","status":"done""#),
            "error json utc=1795341600500 method=GET path=/a message=request completed level=info",
        ),
        (
            &line("ERROR", r#","status":500"#),
            "error json utc=1795341600500 method=GET path=/a message=request completed status=500 level=error",
        ),
        (
            r#"{"level":"INFO","msg":"called","status":200,"method":"GET"}"#,
            "error json method=GET message=called status=200 level=info",
        ),
        // ASP.NET Core's console.
        (
            r#"{"Timestamp":"2026-11-22T10:00:00.5Z","EventId":2,"LogLevel":"Information","Category":"Microsoft.AspNetCore.Hosting.Diagnostics","Message":"Request finished HTTP/1.1 GET http://localhost:5000/a - 200 - text/plain 37.1234ms","State":{"Message":"Request finished HTTP/1.1 GET http://localhost:5000/a - 200 - text/plain 37.1234ms","ElapsedMilliseconds":37.1234,"StatusCode":200,"ContentType":"text/plain","ContentLength":null,"Protocol":"HTTP/1.1","Method":"GET","Scheme":"http","Host":"localhost:5000","PathBase":"","Path":"/a","QueryString":"?b=1","{OriginalFormat}":"Request finished {Protocol} {Method}"}}"#,
            "access json utc=1795341600500 method=GET path=/a query=b=1 protocol=HTTP/1.1 host=localhost:5000 scheme=http mime=text/plain status=200 us=37123 level=info",
        ),
        (
            r#"{"Timestamp":"2026-11-22T10:00:00.5Z","EventId":1,"LogLevel":"Information","Category":"Microsoft.AspNetCore.Hosting.Diagnostics","Message":"Request starting HTTP/1.1 GET http://localhost:5000/a","State":{"Message":"Request starting","Protocol":"HTTP/1.1","Method":"GET","ContentType":null,"ContentLength":0,"Scheme":"http","Host":"localhost:5000","Path":"/a"}}"#,
            "error json utc=1795341600500 method=GET path=/a protocol=HTTP/1.1 host=localhost:5000 scheme=http message=Request starting HTTP/1.1 GET http://localhost:5000/a bytes=0 level=info",
        ),
        // Lograge behind the prefix of Ruby's logger.
        (
            "I, [2026-11-22T10:00:00.123456 #12]  INFO -- : method=GET path=/a format=html controller=HomeController action=index status=200 duration=37.12 view=9.10 db=0.50",
            "access ruby_access local=1795341600123 method=GET path=/a status=200 us=37120",
        ),
        (
            "I, [2026-11-22T10:00:00.123456 #12]  INFO -- : [5e1f-12] [www] method=GET path=/a format=html controller=HomeController status=200 duration=37.12",
            "access ruby_access local=1795341600123 method=GET path=/a status=200 us=37120",
        ),
        (
            r#"I, [2026-11-22T10:00:00.123456 #12]  INFO -- : {"method":"GET","path":"/a","format":"html","controller":"HomeController","action":"index","status":200,"duration":37.12}"#,
            "access ruby_access local=1795341600123 method=GET path=/a status=200 us=37120",
        ),
        (
            r#"E, [2026-11-22T10:00:00.123456 #12] ERROR -- : {"message":"cannot pay","level":"error"}"#,
            r#"error ruby_error local=1795341600123 message={"message":"cannot pay","level":"error"} pid=12 level=error"#,
        ),
        (
            r#"I, [2026-11-22T10:00:00.123456 #12]  INFO -- : [agent x] method=GET path=/forged status=200"#,
            r#"error ruby_error local=1795341600123 message=[agent x] method=GET path=/forged status=200 pid=12 level=info"#,
        ),
    ]);
}

#[test]
fn a_request_is_counted_where_it_ends_and_not_where_it_is_named() {
    // django-structlog.
    let line = |more: &str| {
        format!(
            r#"{{"request":"GET /users/42","user_agent":"curl/8",{more},"request_id":"5e1f","ip":"203.0.113.9","timestamp":"2026-11-22T10:00:00.5Z","level":"info","logger":"django_structlog.middlewares.request"}}"#
        )
    };
    check(&[
        (
            &line(r#""event":"request_started""#),
            "error json utc=1795341600500 ip=203.0.113.9 method=GET path=/users/42 agent=curl/8 message=request_started level=info",
        ),
        (
            &line(r#""code":200,"event":"request_finished""#),
            "access json utc=1795341600500 ip=203.0.113.9 method=GET path=/users/42 agent=curl/8 status=200 level=info",
        ),
        (
            &line(r#""event":"request_failed","duration_ms":12"#),
            "access json utc=1795341600500 ip=203.0.113.9 method=GET path=/users/42 agent=curl/8 us=12000 level=info",
        ),
        (
            r#"{"msg":"cache miss","request":"GET /a","ip":"203.0.113.9"}"#,
            r#"message  message={"msg":"cache miss","request":"GET /a","ip":"203.0.113.9"}"#,
        ),
        // A server whose log has no status, and a program that writes a size.
        (
            r#"{"time":"2026-11-22T10:00:00.5Z","remote_addr":"203.0.113.9","request":"GET /a HTTP/1.1"}"#,
            "access json utc=1795341600500 ip=203.0.113.9 method=GET path=/a protocol=HTTP/1.1",
        ),
        (
            r#"{"message":"GET /a","request":"GET /a HTTP/1.1","bytes":512}"#,
            "access json method=GET path=/a protocol=HTTP/1.1 bytes=512",
        ),
    ]);
}

#[test]
fn what_cloudfront_encodes_is_decoded() {
    check(&[
        (
            r#"{"timestamp":"1795341600.500","c-ip":"203.0.113.9","time-to-first-byte":"0.010","sc-status":"200","sc-bytes":"512","cs-method":"GET","cs-protocol":"https","cs-host":"www.example.org","cs-uri-stem":"/a%20b","x-edge-location":"AMS1-C1","cs-user-agent":"Mozilla/5.0%20(X11;%20100%%20caf%C3%A9)%2","cs-referer":"https://r.example/%3Fq=1"}"#,
            "access json utc=1795341600500 ip=203.0.113.9 method=GET path=/a%20b referrer=https://r.example/?q=1 agent=Mozilla/5.0 (X11; 100% café)%2 host=www.example.org scheme=https status=200 bytes=512",
        ),
        // What would begin a line, and what is no text.
        (
            r#"{"c-ip":"203.0.113.9","sc-status":"200","cs-method":"GET","cs-uri-stem":"/a","x-edge-location":"AMS1-C1","cs-user-agent":"a%0Ab%1b%20c","cs-referer":"caf%E9"}"#,
            "access json ip=203.0.113.9 method=GET path=/a referrer=caf%E9 agent=a%0Ab%1b c status=200",
        ),
        // Anybody else's stay as they stand.
        (
            r#"{"method":"GET","path":"/a","status":200,"user_agent":"a%20b"}"#,
            "access json method=GET path=/a agent=a%20b status=200",
        ),
    ]);
}

#[test]
fn a_fraction_is_in_the_milliseconds_of_who_counts_in_them() {
    let zerolog = |field: &str| {
        format!(
            r#"{{"level":"info","method":"GET","url":"/a","status":200,{field},"time":"2026-11-22T10:00:00Z","message":"request"}}"#
        )
    };
    let durations = [
        (zerolog(r#""duration":12.3"#), 12_300),
        (zerolog(r#""duration":12"#), 12_000),
        (zerolog(r#""latency":0.25"#), 250),
        // nginx users' name, and the second that other loggers of that shape count in.
        (zerolog(r#""response_time":0.25"#), 250_000),
        (zerolog(r#""duration":0.25"#).replace("info", "INFO"), 250_000),
        (zerolog(r#""duration":0.25"#).replace("message", "msg"), 250_000),
        (zerolog(r#""duration":0.25"#).replace("time", "ts"), 250_000),
        (r#"{"method":"GET","path":"/a","status":200,"duration":0.25}"#.to_owned(), 250_000),
        // morgan, express-bunyan-logger, Application Insights.
        (r#"{"method":"GET","url":"/a","status":"200","response-time":"37.123"}"#.to_owned(), 37_123),
        (r#"{"method":"GET","url":"/a","status-code":200,"response-time":37.123}"#.to_owned(), 37_123),
        (r#"{"method":"GET","url":"/a","status":200,"response_time":37.123}"#.to_owned(), 37_123_000),
        (
            r#"{"name":"GET /a","url":"https://www.example.org/a","resultCode":"200","duration":37.123,"performanceBucket":"<250ms"}"#.to_owned(),
            37_123,
        ),
    ];
    for (line, us) in durations {
        let event = super::decode_as("json", &line).expect("an access line");
        assert_eq!(event.request_time_us, Some(us), "{line}");
    }
    check(&[(
        "method=GET path=/a status=200 response-time=37.123",
        "access logfmt method=GET path=/a status=200 us=37123",
    )]);
}

#[test]
fn a_number_without_a_unit_is_in_that_of_who_wrote_it() {
    let slog = |field: &str| {
        format!(
            r#"{{"time":"2026-11-22T10:00:00.5Z","level":"INFO","msg":"request","method":"GET","path":"/a","status":200,{field}}}"#
        )
    };
    let envoy = |field: &str| {
        format!(
            r#"{{"method":"GET","path":"/a","response_code":200,"response_flags":"-",{field}}}"#
        )
    };
    let aspnet = |field: &str| {
        format!(
            r#"{{"EventId":9,"LogLevel":"Information","Category":"Microsoft.AspNetCore.HttpLogging.HttpLoggingMiddleware","Message":"Request and Response:","State":{{"Protocol":"HTTP/1.1","Method":"GET","Path":"/a","StatusCode":200,{field},"{{OriginalFormat}}":"x"}}}}"#
        )
    };
    let fastly = |field: &str| {
        format!(
            r#"{{"client_ip":"203.0.113.9","request_method":"GET","url":"/a","response_status":200,{field},"fastly_is_edge":true}}"#
        )
    };
    let dropwizard = |time: &str| {
        format!(
            r#"{{"timestamp":1795341600500,"method":"GET","uri":"/a","protocol":"HTTP/1.1","status":200,"contentLength":512,"remoteAddress":"203.0.113.9","requestTime":{time},"userAgent":"curl/8"}}"#
        )
    };
    let durations = [
        // Go's nanoseconds of less than one of its milliseconds, and a program's own milliseconds.
        (slog(r#""duration":250000"#), Some(250)),
        (slog(r#""latency":12345"#), Some(12)),
        (slog(r#""duration":12345678"#), Some(12_346)),
        (slog(r#""duration":1234"#), Some(1_234_000)),
        (slog(r#""duration":"250000""#), Some(250_000_000)),
        (slog(r#""duration":0.25"#), Some(250_000)),
        // Of who writes levels so this may be either, and what he writes else tells.
        (slog(r#""duration":250000"#).replace("INFO", "info"), None),
        // A stream that was open for an hour.
        (envoy(r#""duration":3600000"#), Some(3_600_000_000)),
        (envoy(r#""duration":12"#), Some(12_000)),
        (aspnet(r#""Duration":37.1234"#), Some(37_123)),
        (aspnet(r#""Duration":37"#), Some(37_000)),
        (aspnet(r#""Duration":"00:00:00.0371234""#), Some(37_123)),
        (fastly(r#""time_elapsed":12345"#), Some(12_345)),
        (fastly(r#""time_elapsed":"0.012""#), Some(12_000)),
        (
            r#"{"severity":"INFO","time":"2026-11-22T10:00:00Z","verb":"GET","status":200,"ip":"203.0.113.9","path":"/a","length":"-","elapsed":2000,"elapsed_unit":"µs"}"#.to_owned(),
            Some(2000),
        ),
        (dropwizard("37"), Some(37_000)),
        (dropwizard("0.037"), Some(37_000)),
        (dropwizard(r#""22/Nov/2026:10:00:00 +0000""#), None),
        // authentik's milliseconds stand under the name that LTSV has for an application's seconds.
        (r#"{"method":"GET","path":"/a","status":200,"runtime":24}"#.to_owned(), None),
    ];
    for (line, us) in durations {
        let event = super::decode_as("json", &line).expect("an access line");
        assert_eq!(event.request_time_us, us, "{line}");
    }
    for (runtime, us) in [("24", 24_000), ("0.024", 24_000)] {
        let line = format!(r#"{{"method":"GET","path":"/a","status":200,"runtime":{runtime}}}"#);
        let event = super::decode_as("json", &line).expect("an access line");
        assert_eq!(event.upstream_time_us, Some(us), "{line}");
    }
}

#[test]
fn durations_stand_under_the_names_of_frameworks() {
    let durations = [
        // go-chi/httplog, grape_logging, Linkerd, the registry of containers, Ghost.
        (r#""httpResponse":{"bytes":3,"elapsed":37.123,"status":200}"#, 37_123),
        (r#""time":{"total":37.12,"db":4.06},"status":200"#, 37_120),
        (r#""processing_ns":"39826","status":200,"total_ns":"2441735""#, 2442),
        (r#""http.response.duration":"1.2ms","http.response.status":200"#, 1200),
        (r#""res":{"statusCode":200,"responseTime":"37ms"}"#, 37_000),
    ];
    for (fields, us) in durations {
        let line = format!(r#"{{"method":"GET","path":"/a",{fields}}}"#);
        let event = super::decode_as("json", &line).expect("an access line");
        assert_eq!((event.status, event.request_time_us), (Some(200), Some(us)), "{line}");
    }
}

#[test]
fn a_duration_with_its_unit_is_in_that_unit() {
    let durations = [
        (r#""latency":"37 ms""#, Some(37_000)),
        (r#""response_time":"120 ms""#, Some(120_000)),
        (r#""latency":"37 µs""#, Some(37)),
        (r#""latency":"250 μs""#, Some(250)),
        (r#""latency":"250 \u00b5s""#, Some(250)),
        (r#""latency_human":"250\u00b5s""#, Some(250)),
        (r#""request_time":"0.037 s""#, Some(37_000)),
        (r#""response-time":"37.123 ms""#, Some(37_123)),
        (r#""responseTime":"37ms""#, Some(37_000)),
        (r#""responseTime":"37 ms""#, Some(37_000)),
        (r#""duration_ms":"37ms""#, Some(37_000)),
        (r#""duration_in_ms":37.5"#, Some(37_500)),
        (r#""upstream_response_time":"-","duration":"37ms""#, Some(37_000)),
        // A `timedelta` of Python's, and nginx's list of what it tried.
        (r#""duration":"0:01:00.500000""#, Some(60_500_000)),
        (r#""duration":"0:00:00.037000""#, Some(37_000)),
        (r#""request_time":"0.100 : 0.010""#, Some(110_000)),
        (r#""duration":"37.1234 foo""#, None),
        (r#""duration":"37 apples""#, None),
        (r#""duration_ms":"37 apples""#, None),
    ];
    for (field, us) in durations {
        let line = format!(r#"{{"status":200,"path":"/a",{field}}}"#);
        let event = super::decode_as("json", &line).expect("an access line");
        assert_eq!(event.request_time_us, us, "{line}");
    }
    check(&[
        (
            r#"method=GET path=/a status=200 duration="37 ms""#,
            "access logfmt method=GET path=/a status=200 us=37000",
        ),
        (
            "time:22/Nov/2026:10:00:00 +0000\thost:203.0.113.9\treq:GET /a HTTP/1.1\tstatus:200\tsize:1\treqtime:37 ms",
            "access ltsv utc=1795341600000 ip=203.0.113.9 method=GET path=/a protocol=HTTP/1.1 status=200 bytes=1 us=37000",
        ),
    ]);
}

#[test]
fn what_a_line_carries_from_a_client_does_not_pass_for_its_own_fields() {
    check(&[
        // A posted body that the application logs under a name that others use to wrap.
        (
            r#"{"status":401,"method":"POST","path":"/login","ip":"203.0.113.9","data":{"status":200,"path":"/forged","ip":"192.0.2.66","method":"GET"}}"#,
            "access json ip=203.0.113.9 method=POST path=/login status=401",
        ),
        (
            r#"{"request":{"method":"GET","uri":"/a","headers":{"status":["200"],"":["x"],"uri":["/forged"]},"args":{"status":"200"}},"headers":{"status":"200","method":"PUT"},"cookies":{"status":"200"},"query":{"status":"200"},"status":404,"client_ip":"203.0.113.9"}"#,
            "access json ip=203.0.113.9 method=GET path=/a status=404",
        ),
        (
            r#"{"stat\u0075s":404,"\u0075ri":"/a\ud83d\ude00\ud800\u0000x","remote_addr":"203.0.113.9"}"#,
            "access json ip=203.0.113.9 path=/a😀\u{fffd}\0x status=404",
        ),
        (
            r#"{"status":1e999,"bytes":-5,"uri":"/a","request_time":1e999,"method":"GET"}"#,
            "access json method=GET path=/a",
        ),
        (
            r#"{"status":200,"uri":"/a","ua":"\q\u12\x","x":"\"}"#,
            r#"message  message={"status":200,"uri":"/a","ua":"\q\u12\x","x":"\"}"#,
        ),
    ]);
}

#[test]
fn deep_wide_and_long_objects_are_refused_or_read_in_linear_time() {
    let access = r#""status":200,"uri":"/a""#;
    let read = |line: &str| super::decode_as("json", line).is_some();
    let deep =
        |depth: usize| format!("{{{access},\"x\":{}{}}}", "[".repeat(depth), "]".repeat(depth));
    assert!(read(&deep(30)));
    assert!(!read(&deep(40)));
    let key = "k".repeat(64 << 10);
    assert!(read(&format!("{{\"{key}\":1,\"{key}\":{{\"{key}\":2}},{access}}}")));
    // Beyond the cap values are passed over; those before it count.
    let wide = r#""b":1,"#.repeat(9000);
    let line = format!("{{{access},{wide}\"status\":500}}");
    assert_eq!(super::decode_as("json", &line).and_then(|event| event.status), Some(200));
    let duplicates = format!("{{{}\"uri\":\"/a\"}}", r#""status":404,"#.repeat(300));
    assert_eq!(super::decode_as("json", &duplicates).and_then(|event| event.status), Some(404));
    let says = |line: &str| {
        let event = super::decode_as("json", line)?;
        Some((event.status, event.path.map(|path| path.into_owned())))
    };
    let whole = Some((Some(200), Some("/a".to_owned())));
    for (piece, is_text) in [
        (r#"\\"#, true),
        (r#"\u"#, true),
        (r#"\ud800"#, true),
        (r#"\x4"#, true),
        ("\\\"", true),
        ("[{", true),
        ("{\"a\":[", false),
        ("0.1, ", true),
    ] {
        let line = format!("{{{access},\"x\":\"{}", piece.repeat(16 << 10));
        assert_eq!(says(&line), None, "{piece} without an end");
        let shut = format!("{line}\"}}");
        assert_eq!(says(&shut), whole.clone().filter(|_| is_text), "{piece} in a text");
        let bare = format!("{{{access},\"x\":{}", piece.repeat(16 << 10));
        assert_eq!(says(&bare), None, "{piece} as a value");
    }
}
