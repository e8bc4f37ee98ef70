// net/connection.h — one connection: a coroutine that reads heads, calls the handler, writes answers, and knows when to go.
// Life     live() runs until the connection is closed and keeps it alive
// Threads  the reactor of its shard
#pragma once
#include <algorithm>
#include <memory>
#include <optional>
#include <string>

#include "answer_head.h"
#include "caps.h"
#include "gatehouse/net/exchange.h"
#include "gatehouse/runtime/signal.h"
#include "gatehouse/wire/http1/parser.h"
#include "input_buffer.h"
#include "output_queue.h"
#include "plain_stream.h"
#include "server_state.h"

namespace gatehouse::net {

class Shard;

class Connection final : public Exchange, public std::enable_shared_from_this<Connection> {
 public:
  Connection(std::shared_ptr<Shard> shard, PlainStream::Socket socket, Seat seat, std::string address);
  ~Connection() override;

  static Task<void> live(std::shared_ptr<Connection> self);

  // From the shard: every tick; when it drains; when all must go.
  void tick(Instant now);
  void drain();
  void abort();
  std::size_t place = 0;  // in the shard's list, kept by the shard

  const wire::RequestHead& head() const override { return parser_.head(); }
  std::string_view client_address() const override { return address_; }
  Reactor& reactor() override;
  Instant started() const override { return started_; }
  Task<Result<std::string_view>> read_body(ByteCount max) override;
  void forget_body() override;
  void drop_body() override;
  void respond(Response response) override;
  void begin_stream(Response response) override;
  void send(std::string_view piece) override;
  void end_stream() override;
  void abort_stream() override;
  std::size_t unsent() const override { return output_.size(); }
  Instant last_drained() const override { return last_drained_; }
  bool gone() const override { return gone_; }
  void watch(std::size_t low_water, std::function<void()> changed) override;
  // With what is about to leave. Of a client that is lost it may be less than there was before.
  std::uint64_t bytes_sent() const override { return std::max(output_.sent() + output_.size(), sent_before_) - sent_before_; }

 private:
  enum class Phase { head, idle, body, handling, lingering };
  enum class Head { complete, incomplete, refused };
  enum class Answer { none, whole, streaming, ended, aborted };

  Task<void> run();
  Task<void> finish();
  Task<void> skip_body();
  Task<void> flush();
  Task<void> leave();
  Task<void> linger();

  Head take_head();
  void begin_exchange();
  void end_exchange();
  void settle_answer();
  void refuse(const Error& error);
  Sender sender() { return {address_, reactor()}; }
  void head_did_not_come();
  Status feed_body(ByteCount max);
  Status drop_received_body();
  Error body_did_not_come();
  bool can_go_on();
  bool between_requests();
  After decide_after(const Response& response);
  void append_head(const Response& response, BodyForm form, After after);
  bool head_only(const Response& response) const;

  void pump();
  void wait_for_room();
  void pump_soon();
  void lose_client();
  void tell();
  void enter(Phase phase);
  nanoseconds allowed() const;
  bool body_stalls(Instant now);
  Instant now() const;

  const std::shared_ptr<Shard> shard_;
  const std::shared_ptr<ServerState> state_;
  const std::shared_ptr<const ServerLimits> limits_;  // as they were when it came
  PlainStream stream_;
  const Seat seat_;
  const std::string address_;
  wire::Http1Parser parser_;
  InputBuffer input_;
  OutputQueue output_;
  Failure failure_;  // of the last read

  // Of the connection.
  Phase phase_ = Phase::head;
  std::optional<Instant> since_;  // when a tick first saw the phase: no clock is read for it in between
  Instant body_moved_{};          // when a tick last saw that more of a body had come
  std::uint64_t body_seen_ = 0;   // and how much that was
  Signal moved_;                  // output was taken, or nobody takes it any more
  Instant last_drained_{};
  bool first_ = true, expired_ = false, broken_ = false, keep_ = true, must_linger_ = false;
  bool waits_for_room_ = false, blocked_ = false, pump_is_due_ = false, news_ = false;

  // Of one exchange.
  Answer answer_ = Answer::none;
  BodyForm form_ = BodyForm::length;
  Instant started_{};
  std::string body_;
  BodyRoom room_;
  std::uint64_t body_received_ = 0, sent_before_ = 0;
  bool continued_ = false, body_failed_ = false, gone_ = false, was_above_ = false, broke_ = false;
  std::size_t low_water_ = 0;
  std::function<void()> changed_;
};

}  // namespace gatehouse::net
