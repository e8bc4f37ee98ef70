// The side of a connection that its handler sees.
#include <algorithm>
#include <utility>

#include "connection.h"
#include "gatehouse/base/assert.h"
#include "make_empty.h"
#include "shard.h"

namespace gatehouse::net {
namespace {

// As much of a body that nobody wanted is read all the same, so that the connection can go on.
constexpr std::uint64_t short_body = 64 * 1024;

Error client_gone() { return Error(Code::cancelled, Origin::caller, "client_gone", "The client has gone"); }
Error body_too_slow() { return Error(Code::timeout, Origin::caller, "request_timeout", "The request body did not come in time"); }
Error request_too_large(ByteCount max) {
  return Error(Code::too_large, Origin::caller, "request_too_large",
               "The request body is larger than the " + std::to_string(max.value()) + " bytes that are allowed here");
}
Error too_many_bodies() {
  return Error(Code::unavailable, Origin::gatehouse, "too_many_bodies", "Too many large requests are being read; please try again later")
      .with_retry(Retry::after(seconds(1)));
}
Error malformed_body(const Error& error) {
  return caller_error("malformed_body", error.public_text()).with_detail(std::string(error.reason()));
}

}  // namespace

Task<Result<std::string_view>> Connection::read_body(ByteCount max) {
  if (head().content_length.value_or(0) > max.value()) co_return request_too_large(max);
  enter(Phase::body);
  for (;;) {
    const Status fed = feed_body(max);
    if (!fed) {
      body_failed_ = true;
      enter(Phase::handling);
      co_return fed.error();
    }
    if (parser_.body_done()) break;
    if (head().expects_continue && !continued_ && body_received_ == 0) {
      output_.tail() += "HTTP/1.1 100 Continue\r\n\r\n";
      pump();
    }
    continued_ = true;
    expired_ = false;
    const std::size_t n = co_await stream_.read(input_.room(), failure_);
    if (n == 0) co_return body_did_not_come();
    input_.commit(n);
  }
  enter(Phase::handling);
  co_return std::string_view(body_);
}

Status Connection::feed_body(ByteCount max) {
  const Result<std::size_t> taken = parser_.take_body(input_.view(), &body_);
  if (!taken) return malformed_body(taken.error());
  input_.consume(*taken);
  body_received_ += *taken;
  if (body_.size() > max.value()) return request_too_large(max);
  return room_.hold(body_.size()) ? ok() : Status(too_many_bodies());
}

void Connection::forget_body() { make_empty(body_, InputBuffer::large); }

void Connection::drop_body() {
  forget_body();
  room_.leave();
}

Status Connection::drop_received_body() {
  const Result<std::size_t> taken = parser_.take_body(input_.view(), nullptr);
  if (!taken) return taken.error();
  input_.consume(*taken);
  body_received_ += *taken;
  return ok();
}

Error Connection::body_did_not_come() {
  body_failed_ = true;
  enter(Phase::handling);
  if (expired_) return body_too_slow();
  gone_ = true;
  return client_gone();
}

// Whether the next request can be found behind what is left of this one.
bool Connection::can_go_on() {
  if (parser_.body_done()) return true;
  if (body_failed_ || !drop_received_body()) return false;
  if (parser_.body_done()) return true;
  if (head().chunked || (head().expects_continue && !continued_ && body_received_ == 0)) return false;
  return head().content_length.value_or(0) - body_received_ <= short_body;
}

After Connection::decide_after(const Response& response) {
  keep_ = head().keep_alive && !response.closes() && !state_->draining.load(std::memory_order_relaxed) && can_go_on();
  if (!keep_) return After::close;
  return head().minor == 0 ? After::keep_on_http10 : After::keep;
}

void Connection::append_head(const Response& response, BodyForm form, After after) {
  append_answer_head(output_.tail(), response, form, after, shard_->server_and_date(started_));
}

bool Connection::head_only(const Response& response) const { return head().method == wire::Method::head || has_no_body(response.status()); }

void Connection::respond(Response response) {
  GH_ASSERT(answer_ == Answer::none);
  answer_ = Answer::whole;
  if (broken_) return;
  const After after = decide_after(response);
  append_head(response, BodyForm::length, after);
  if (!head_only(response)) output_.tail().append(response.body());
  pump_soon();
}

void Connection::begin_stream(Response response) {
  GH_ASSERT(answer_ == Answer::none);
  answer_ = Answer::streaming;
  if (broken_) return;
  After after = decide_after(response);
  form_ = BodyForm::chunked;
  if (head_only(response)) {
    form_ = BodyForm::length;  // nothing follows
  } else if (head().minor == 0) {
    form_ = BodyForm::until_close;
    after = After::close;
    keep_ = false;
  }
  if (output_.empty()) last_drained_ = now();
  append_head(response, head().minor == 0 ? BodyForm::until_close : BodyForm::chunked, after);
  send(response.body());
  pump_soon();
}

void Connection::send(std::string_view piece) {
  if (answer_ != Answer::streaming || form_ == BodyForm::length || broken_ || piece.empty()) return;
  if (output_.size() > limits_->stream_unsent) pump();  // much may have been said in this one turn
  if (output_.size() > limits_->stream_unsent) {
    stream_.abort();
    lose_client();
    return pump_soon();
  }
  if (output_.empty()) last_drained_ = now();
  if (form_ == BodyForm::chunked) {
    append_chunk(output_.tail(), piece);
  } else {
    output_.tail().append(piece);
  }
  if (output_.size() > low_water_) was_above_ = true;
  pump_soon();
}

void Connection::end_stream() {
  if (answer_ != Answer::streaming) return;
  answer_ = Answer::ended;
  if (broken_) return;
  if (form_ == BodyForm::chunked) output_.tail() += "0\r\n\r\n";
  pump();
}

void Connection::abort_stream() {
  if (answer_ == Answer::ended || answer_ == Answer::whole) return;
  answer_ = Answer::aborted;
  keep_ = false;
  pump();
}

void Connection::watch(std::size_t low_water, std::function<void()> changed) {
  low_water_ = low_water;
  changed_ = std::move(changed);
  was_above_ = output_.size() > low_water_;
  if (gone_ && changed_) {
    news_ = true;
    pump_soon();
  }
}

// Writes what the socket takes at once; what it does not take goes when it has room.
void Connection::pump() {
  while (!output_.empty()) {
    const std::size_t before = output_.size();
    const PlainStream::Attempt attempt = stream_.try_write(output_.unsent());
    if (attempt.went == PlainStream::Went::broken) {
      lose_client();
      break;
    }
    output_.took(attempt.bytes);
    if (attempt.bytes < before) {
      if (attempt.bytes > 0 || !blocked_) last_drained_ = now();
      blocked_ = true;
      wait_for_room();
      break;
    }
  }
  if (output_.empty()) blocked_ = false;
  if (was_above_ && output_.size() < low_water_) {
    was_above_ = false;
    news_ = true;
  }
  if (output_.empty() && waits_for_room_) moved_.raise();
  if (news_) pump_soon();
}

void Connection::wait_for_room() {
  if (waits_for_room_) return;
  waits_for_room_ = true;
  stream_.when_writable([self = shared_from_this()](const Failure&) {
    self->waits_for_room_ = false;
    self->pump();
    if (self->output_.empty()) self->moved_.raise();
    self->tell();
  });
}

// At the end of this turn of the reactor, so that what is sent in several pieces leaves as one, and what many clients are told leaves
// together: who reads it is woken once, and not for each answer.
void Connection::pump_soon() {
  if (pump_is_due_) return;
  pump_is_due_ = true;
  shard_->reactor().defer([self = shared_from_this()] {
    self->pump_is_due_ = false;
    self->pump();
    self->tell();
  });
}

void Connection::lose_client() {
  output_.clear();
  broken_ = gone_ = news_ = true;
  keep_ = false;
  moved_.raise();
}

void Connection::tell() {
  if (!news_) return;
  news_ = false;
  const std::function<void()> changed = changed_;  // it may end its own watch
  if (changed) changed();
}

}  // namespace gatehouse::net
