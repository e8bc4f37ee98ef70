// net/exchange.h — one request and its answer, as the server hands them to whoever answers.
// Units    sizes in bytes
// Threads  the reactor of the connection, and no other
// Errors   read_body: request_timeout (408), request_too_large (413), too_many_bodies (503), malformed_body (400, the connection
//          closes after the answer), client_gone (cancelled: nobody reads an answer)
#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gatehouse/base/clock.h"
#include "gatehouse/base/result.h"
#include "gatehouse/base/strong.h"
#include "gatehouse/runtime/reactor.h"
#include "gatehouse/runtime/task.h"
#include "gatehouse/wire/http1/head.h"

namespace gatehouse::net {

// A whole answer. Content-Length, Date, Server and Connection are the server's to write; HEAD's body is left out by it.
class Response {
 public:
  explicit Response(int status);  // final: 200 to 599, asserted
  int status() const { return status_; }
  const std::string& body() const { return body_; }
  const std::string& extra_fields() const { return fields_; }
  const std::string& last_lines() const { return last_; }  // behind those
  // Of the first field of that name, spelled as it was given.
  std::optional<std::string_view> value_of(std::string_view name) const;

  Response& body(std::string_view content_type, std::string bytes);
  // name must be a token and value free of control bytes; asserted.
  Response& field(std::string_view name, std::string_view value);
  // So many bytes of fields will come yet.
  Response& room_for(std::size_t more) { return fields_.reserve(fields_.size() + more), *this; }
  // Whole lines, "Name: value\r\n" each, that are known to be right.
  Response& lines(std::string_view ready) { return fields_.append(ready), *this; }
  // The same, and many: they stand behind all others, and are not copied until they are sent.
  Response& last_lines(std::string ready) { return last_ = std::move(ready), *this; }
  // The same body in a coding that Content-Encoding names.
  Response& recode(std::string_view coding, std::string bytes);
  Response& close_after() { return close_ = true, *this; }
  bool closes() const { return close_; }

 private:
  int status_;
  bool close_ = false;
  std::string fields_;  // "Name: value\r\n" ready to send
  std::string last_;
  std::string body_;
};

class Exchange {
 public:
  virtual ~Exchange() = default;

  // Valid until the answer is complete.
  virtual const wire::RequestHead& head() const = 0;
  virtual std::string_view client_address() const = 0;  // of the socket, no port; "unix" for a process of this machine on a Unix socket
  virtual Reactor& reactor() = 0;
  virtual Instant started() const = 0;  // when the head was complete

  // Reads the whole body, after sending 100 Continue where the client waits for it. Valid until the answer is complete.
  virtual Task<Result<std::string_view>> read_body(ByteCount max) = 0;
  // The body has been understood: its memory is given back, views into it are void. What was made of it counts in its place until the
  // exchange is over, or the body is dropped.
  virtual void forget_body() = 0;
  // Nothing that was made of it is left, either.
  virtual void drop_body() = 0;

  // Exactly one of respond() and begin_stream() is called for each exchange. Neither waits for the client; a body that
  // nobody read is drained if it is short, else the connection closes.
  virtual void respond(Response response) = 0;
  // A streamed answer (chunked on HTTP/1.1, until close on 1.0); response.body() is the first piece.
  virtual void begin_stream(Response response) = 0;
  virtual void send(std::string_view piece) = 0;
  virtual void end_stream() = 0;
  // Ends the connection after what is already queued, without the final chunk: the client sees a broken stream.
  virtual void abort_stream() = 0;

  // Bytes that the client has not taken yet, and when it last took some.
  virtual std::size_t unsent() const = 0;
  virtual Instant last_drained() const = 0;

  // Is the client still there? While a handler is suspended the connection is watched: FIN and RST are seen within a tick
  // of the reactor (0.1 s).
  virtual bool gone() const = 0;
  // Calls changed on the reactor when gone() becomes true or when unsent() falls below low_water after it was above; never
  // from inside a call of this class. An empty function ends it.
  virtual void watch(std::size_t low_water, std::function<void()> changed) = 0;
  // What went over the socket for this answer so far.
  virtual std::uint64_t bytes_sent() const = 0;
};

// Who sent bytes that never became a request, and the reactor that the connection belongs to.
struct Sender {
  std::string_view address;  // of the socket, no port
  Reactor& reactor;
};

// Answers requests. handle() returns when the answer is complete (or the client gone).
// Where it throws, or returns without an answer, the client gets what refuse() makes of that, and the connection ends.
class Handler {
 public:
  virtual ~Handler() = default;
  virtual Task<void> handle(Exchange& exchange) = 0;
  // The answer to bytes that never became a request: malformed, too large, too slow. head is null when there is none.
  virtual Response refuse(const Error& error, const wire::RequestHead* head, const Sender& sender) = 0;
};

}  // namespace gatehouse::net
