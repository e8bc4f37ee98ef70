#include "connection.h"

#include <algorithm>
#include <utility>

#include "shard.h"

namespace gatehouse::net {
namespace {

// A connection that has sent nothing yet is waited for this long while the server drains.
constexpr milliseconds patience_while_draining{1000};
constexpr std::size_t short_answer = 64 * 1024;  // leaves while the next request is read

Error head_too_slow() { return Error(Code::timeout, Origin::caller, "request_timeout", "The request head did not come in time"); }
Error too_many_connections() {
  return Error(Code::unavailable, Origin::gatehouse, "too_many_connections", "There are too many connections; please try again later")
      .with_retry(Retry::after(seconds(1)));
}

}  // namespace

Connection::Connection(std::shared_ptr<Shard> shard, PlainStream::Socket socket, Seat seat, std::string address)
    : shard_(std::move(shard)),
      state_(shard_->state()),
      limits_(shard_->limits()),
      stream_(std::move(socket)),
      seat_(std::move(seat)),
      address_(std::move(address)),
      parser_(limits_->http1),
      moved_(shard_->reactor()),
      room_(state_->bodies) {
  shard_->add(*this);
}

Connection::~Connection() { shard_->remove(*this); }

Reactor& Connection::reactor() { return shard_->reactor(); }
Instant Connection::now() const { return shard_->reactor().clock().now(); }

Task<void> Connection::live(std::shared_ptr<Connection> self) {
  if (self->seat_.what() == ConnectionCaps::Answer::granted) {
    co_await self->run();
  } else {
    self->refuse(too_many_connections());
  }
  co_await self->leave();
}

Task<void> Connection::run() {
  for (;;) {
    const Head head = take_head();
    if (head == Head::refused) break;
    if (head == Head::incomplete) {
      if (state_->draining.load(std::memory_order_relaxed) && between_requests()) break;
      enter(first_ || parser_.head_started() ? Phase::head : Phase::idle);
      expired_ = false;
      const std::size_t n = co_await stream_.read(input_.room(), failure_);
      if (n == 0) {
        if (expired_) head_did_not_come();
        break;
      }
      input_.commit(n);
      continue;
    }
    begin_exchange();
    try {
      co_await state_->handler.handle(*this);
    } catch (...) {
      shard_->escaped.add();
      broke_ = true;
    }
    settle_answer();
    if (output_.size() > short_answer || !parser_.body_done()) co_await finish();
    end_exchange();
    if (!keep_ || broken_) break;
  }
}

Connection::Head Connection::take_head() {
  if (input_.size() == 0) return Head::incomplete;
  const Result<std::size_t> taken = parser_.take_head(input_.view());
  if (!taken) {
    refuse(taken.error());
    return Head::refused;
  }
  input_.consume(*taken);
  return parser_.head_done() ? Head::complete : Head::incomplete;
}

void Connection::begin_exchange() {
  shard_->requests.add();
  enter(Phase::handling);
  started_ = now();
  answer_ = Answer::none;
  sent_before_ = output_.sent() + output_.size();
  body_received_ = 0;
  continued_ = body_failed_ = was_above_ = broke_ = news_ = false;
  low_water_ = 0;
  gone_ = broken_;
}

// The handler has returned: whatever it did, the client gets an end.
void Connection::settle_answer() {
  changed_ = nullptr;
  if (answer_ == Answer::none && !gone_)
    respond(state_->handler.refuse(internal_error("no_answer", "a handler returned without one"), &head(), sender()).close_after());
  if (answer_ == Answer::streaming) abort_stream();
  if (answer_ == Answer::none || answer_ == Answer::aborted || broke_) keep_ = false;
}

Task<void> Connection::finish() {
  co_await flush();
  if (keep_ && !broken_ && !parser_.body_done()) co_await skip_body();
}

Task<void> Connection::skip_body() {
  enter(Phase::body);
  for (;;) {
    if (!drop_received_body()) break;
    if (parser_.body_done()) co_return;
    const std::size_t n = co_await stream_.read(input_.room(), failure_);
    if (n == 0) break;
    input_.commit(n);
  }
  keep_ = false;
}

void Connection::end_exchange() {
  first_ = false;
  if (!parser_.body_done()) must_linger_ = true;
  drop_body();
  input_.settle();
  parser_.next();
}

// Before there was a request: the answer, and then the connection ends.
void Connection::refuse(const Error& error) {
  keep_ = false;
  must_linger_ = true;
  started_ = now();
  enter(Phase::handling);  // what was waited for does not come; now only a client that does not read is waited for
  const wire::RequestHead* const head = parser_.readable_head();
  Response response = state_->handler.refuse(error, head, sender());
  append_head(response, BodyForm::length, After::close);
  const bool without_body = has_no_body(response.status()) || (head != nullptr && head->method == wire::Method::head);
  if (!without_body) output_.tail().append(response.body());
  pump();
}

void Connection::head_did_not_come() {
  if (parser_.head_started()) refuse(head_too_slow());
}

Task<void> Connection::flush() {
  pump();
  while (!output_.empty()) co_await moved_.wait();
}

Task<void> Connection::leave() {
  co_await flush();
  if (answer_ == Answer::aborted && form_ == BodyForm::until_close) {
    stream_.abort();  // a plain end would look like the end of the answer
    co_return;
  }
  if (!broken_ && (must_linger_ || input_.size() > 0 || stream_.has_input())) co_await linger();
  stream_.close();
}

// Closing with unread input would reset the connection, and the client might lose the answer that it is about to read.
Task<void> Connection::linger() {
  stream_.shut_writing();
  enter(Phase::lingering);
  expired_ = false;
  while (!expired_) {
    input_.clear();
    const std::size_t n = co_await stream_.read(input_.room(), failure_);
    if (n == 0) break;
  }
}

void Connection::enter(Phase phase) {
  if (phase_ == phase) return;
  phase_ = phase;
  since_.reset();
}

nanoseconds Connection::allowed() const {
  const ServerLimits& limits = *limits_;
  switch (phase_) {
    case Phase::head:
      if (!parser_.head_started() && state_->draining.load(std::memory_order_relaxed)) {
        return std::min(limits.head_deadline, patience_while_draining);
      }
      return limits.head_deadline;
    case Phase::idle:
      return limits.idle;
    case Phase::body:
      return limits.body_grace + milliseconds(body_received_ * 1000 / limits.body_rate);
    case Phase::lingering:
      return limits.linger;
    case Phase::handling:
      break;
  }
  return nanoseconds::max();
}

// The rate alone would let the first half of a large body, sent at once, be held for hours.
bool Connection::body_stalls(Instant now) {
  if (phase_ != Phase::body) return false;
  if (body_seen_ != body_received_) {
    body_seen_ = body_received_;
    body_moved_ = now;
  }
  return now - body_moved_ >= state_->limits.body_stall;
}

void Connection::tick(Instant now) {
  if (broken_) return;
  if (!output_.empty() && !pump_is_due_ && now - last_drained_ >= limits_->write_stall) return abort();
  if (phase_ == Phase::handling) {
    if (!gone_ && stream_.peer_left()) {
      gone_ = news_ = true;
      tell();
    }
    return;
  }
  if (!since_) {
    since_ = body_moved_ = now;
    body_seen_ = body_received_;
  } else if (now - *since_ >= allowed() || body_stalls(now)) {
    expired_ = true;
    stream_.cancel();
  }
}

// The last request is answered, and nothing of another has come.
bool Connection::between_requests() { return !first_ && !parser_.head_started() && input_.size() == 0 && !stream_.has_input(); }

void Connection::drain() {
  if (phase_ == Phase::idle && between_requests()) stream_.cancel();
}

void Connection::abort() {
  if (broken_) return;
  stream_.abort();
  lose_client();
  tell();
}

}  // namespace gatehouse::net
