"""What a fuzzer in the manner of boofuzz does per case, and nothing more: a fresh connection, one mutated message, the answer
read, and each step kept in SQLite. One after the other. Prints cases a second."""
import socket
import sqlite3
import sys
import tempfile
import time

port, seconds = int(sys.argv[1]), float(sys.argv[2])
log = sqlite3.connect(tempfile.NamedTemporaryFile(suffix=".db").name)
log.execute("create table steps (case_index integer, kind text, data blob, at real)")
began = time.time()
cases = 0
while time.time() - began < seconds:
    name = b"A" * (cases % 300)
    message = b'{"Command": "01", "Name": "' + name + b'", "Password": "secret"}\n'
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.settimeout(1.0)
        log.execute("insert into steps values (?, 'open', null, ?)", (cases, time.time()))
        connection.sendall(message)
        log.execute("insert into steps values (?, 'send', ?, ?)", (cases, message, time.time()))
        answer = connection.recv(65536)
        log.execute("insert into steps values (?, 'receive', ?, ?)", (cases, answer, time.time()))
    log.commit()
    cases += 1
print(f"{cases / (time.time() - began):.0f}")
