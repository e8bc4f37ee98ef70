#include "gatehouse/engine/job.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "gatehouse/base/assert.h"

namespace gatehouse::engine {

namespace w = wire::engine;

namespace {

// More than any grant brings: an engine that sends it unread text without end is broken.
constexpr std::size_t max_unread_text = 8 * 1024 * 1024;

}  // namespace

Job::~Job() {
  if (channel_ == nullptr) return;
  cancel();
  channel_->forget(*this);
}

void Job::start(Tokens grant) {
  GH_ASSERT(prepared_ && !started_ && grant.value() > 0);
  started_ = true;
  granted_ = grant.value();
  if (channel_ != nullptr) channel_->send(id_, w::Start{grant.value()});
}

void Job::grant(Tokens more) {
  if (ended_ || channel_ == nullptr) return;
  granted_ += more.value();
  channel_->send(id_, w::Grant{more.value()});
}

void Job::finish(w::FinishReason reason) {
  if (!ended_ && channel_ != nullptr) channel_->send(id_, w::Finish{reason});
}

void Job::cancel() {
  if (!ended_ && channel_ != nullptr) channel_->send(id_, w::Cancel{});
  ended_ = true;
}

JobNews Job::take() { return std::exchange(news_, JobNews{}); }

bool Job::deliver(w::TokenEvent&& event) {
  if (!started_ || event.count > granted_ - produced_ || event.text.size() > max_unread_text - news_.text.size()) return false;
  produced_ += event.count;
  if (event.scores.size() > produced_ - scored_) return false;
  scored_ += static_cast<std::uint32_t>(event.scores.size());
  news_.tokens += event.count;
  news_.text += event.text;
  std::ranges::move(event.scores, std::back_inserter(news_.scores));
  news_.asks_ahead |= event.ask_ahead;
  news_.waiting |= event.waiting;
  signal_.raise();
  return true;
}

bool Job::deliver(w::Body&& body) {
  if (auto* prepared = std::get_if<w::Prepared>(&body)) {
    if (prepared_) return false;
    prepared_ = true;
    news_.prepared = *prepared;
  } else if (auto* refused = std::get_if<w::Refused>(&body)) {
    if (prepared_) return false;
    news_.refused = std::move(*refused);
    ended_ = true;
  } else if (auto* done = std::get_if<w::Done>(&body)) {
    if (!prepared_ || done->completion_tokens != produced_) return false;  // what is paid for is what was delivered
    news_.done = std::move(*done);
    ended_ = true;
  } else if (std::holds_alternative<w::Waiting>(body)) {
    if (!started_) return false;
    news_.waiting = true;
  } else {
    return false;
  }
  signal_.raise();
  return true;
}

void Job::lose() {
  channel_ = nullptr;
  ended_ = true;
  news_.lost = true;
  signal_.raise();
}

}  // namespace gatehouse::engine
