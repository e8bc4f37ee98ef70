// tests/scenario/fake_exchange.h — a request without a socket. It cheats: the client reads exactly as much as the test says, and leaves
// when the test says.
#pragma once
#include <algorithm>
#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "gatehouse/net/exchange.h"

namespace gatehouse::testing {

struct Ask {
  wire::Method method = wire::Method::post;
  std::string path;
  std::vector<std::pair<std::string, std::string>> fields;
  std::string body;
  std::string address = "127.0.0.1";
};

class FakeExchange final : public net::Exchange {
 public:
  FakeExchange(Reactor& reactor, Ask ask) : reactor_(reactor), ask_(std::move(ask)), started_(reactor.clock().now()) {
    head_.method = ask_.method;
    head_.target = ask_.path;
    head_.path = head_.target.substr(0, head_.target.find('?'));
    head_.query = head_.target.substr(std::min(head_.path.size() + 1, head_.target.size()));
    head_.host_present = true;
    if (!ask_.body.empty()) head_.content_length = ask_.body.size();
    for (const auto& [name, value] : ask_.fields) head_.fields.push_back(field(name, value));
    last_drained_ = started_;
  }

  // What the test sees.
  int status() const { return status_; }
  const std::string& fields() const { return fields_; }
  const std::string& sent() const { return sent_; }
  bool closes() const { return closes_; }
  bool complete() const { return complete_; }
  bool broken_off() const { return broken_off_; }
  bool body_was_read() const { return body_was_read_; }
  bool counts_body() const { return counts_body_; }
  bool handled = false;

  // What the test does.
  void stop_reading() { reading_ = false; }
  void read_all() {
    reading_ = true;
    unsent_ = 0;
    last_drained_ = reactor_.clock().now();
    call();
  }
  void leave() {
    gone_ = true;
    call();
  }

  const wire::RequestHead& head() const override { return head_; }
  std::string_view client_address() const override { return ask_.address; }
  Reactor& reactor() override { return reactor_; }
  Instant started() const override { return started_; }
  Task<Result<std::string_view>> read_body(ByteCount max) override {
    body_was_read_ = counts_body_ = true;
    if (ask_.body.size() > max.value()) co_return Error(Code::too_large, Origin::caller, "request_too_large", "too large");
    co_return std::string_view(ask_.body);
  }
  void forget_body() override {}
  void drop_body() override { counts_body_ = false; }
  void respond(net::Response response) override {
    take_head(response);
    complete_ = true;
  }
  void begin_stream(net::Response response) override { take_head(response); }
  void send(std::string_view piece) override {
    GH_ASSERT(status_ != 0 && !complete_ && !broken_off_);
    sent_ += piece;
    if (!reading_) unsent_ += piece.size();
  }
  void end_stream() override {
    GH_ASSERT(!complete_);
    complete_ = true;
  }
  void abort_stream() override { broken_off_ = true; }
  std::size_t unsent() const override { return unsent_; }
  Instant last_drained() const override { return last_drained_; }
  bool gone() const override { return gone_; }
  void watch(std::size_t, std::function<void()> changed) override { changed_ = std::move(changed); }
  std::uint64_t bytes_sent() const override { return sent_.size(); }

 private:
  static wire::FieldView field(const std::string& name, const std::string& value) {
    wire::FieldView view;
    view.name = name;
    view.value = value;
    return view;
  }
  void take_head(const net::Response& response) {
    GH_ASSERT(status_ == 0);
    status_ = response.status();
    fields_ = response.extra_fields() + response.last_lines();
    sent_ = response.body();
    closes_ = response.closes();
  }
  void call() {
    if (changed_) changed_();
  }

  Reactor& reactor_;
  const Ask ask_;
  const Instant started_;
  wire::RequestHead head_;
  int status_ = 0;
  std::string fields_, sent_;
  bool complete_ = false, closes_ = false, broken_off_ = false, body_was_read_ = false, counts_body_ = false, reading_ = true,
       gone_ = false;
  std::size_t unsent_ = 0;
  Instant last_drained_{};
  std::function<void()> changed_;
};

}  // namespace gatehouse::testing
