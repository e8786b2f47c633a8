# Log lines of any known format; the answer counts what was accepted.
curl --data-binary @/var/log/nginx/access.log 'http://127.0.0.1:8514/api/v1/logs?source=web-1'
