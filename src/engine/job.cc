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
  channel_->forget(id_);
}

void Job::start(Tokens grant, Tokens per_choice) {
  GH_ASSERT(prepared_ && !started_ && grant.value() > 0);
  started_ = true;
  granted_ = grant.value();
  if (channel_ != nullptr) channel_->send(id_, w::Start{grant.value(), per_choice.value()});
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

bool Job::may_come(const w::TokenEvent& event) const {
  if (!started_ || event.count > granted_ - produced_ || event.choice >= over_.size() || over_[event.choice]) return false;
  // The last one's end is told by done.
  if (event.ended && std::ranges::count(over_, false) == 1) return false;
  const std::size_t unread = event.choice < news_.choices.size() ? news_.choices[event.choice].text.size() : 0;
  return event.text.size() <= max_unread_text - unread;
}

bool Job::deliver(w::TokenEvent&& event) {
  if (!may_come(event)) return false;
  produced_ += event.count;
  if (event.scores.size() > produced_ - scored_) return false;
  scored_ += static_cast<std::uint32_t>(event.scores.size());
  news_.tokens += event.count;
  news_.cached = std::max(news_.cached, event.cached);
  if (event.choice >= news_.choices.size()) news_.choices.resize(event.choice + 1);
  ChoiceNews& news = news_.choices[event.choice];
  news.text += event.text;
  std::ranges::move(event.scores, std::back_inserter(news.scores));
  if (event.ended) {
    news.ended = event.reason;
    over_[event.choice] = true;
  }
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
