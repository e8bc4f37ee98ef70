#include "dispatcher.h"

#include <utility>
#include <vector>

#include "call_teller.h"
#include "client_watch.h"
#include "gatehouse/base/decimal.h"
#include "grants.h"
#include "time_limit.h"

namespace gatehouse::gateway {

namespace w = wire::engine;

namespace {

constexpr seconds ping_interval{15};
constexpr seconds renew_interval{1};
constexpr seconds drain_patience{30};

std::string_view finish_name(w::FinishReason reason) {
  switch (reason) {
    case w::FinishReason::stop:
      return "stop";
    case w::FinishReason::length:
      return "length";
    case w::FinishReason::cancelled:
      return "cancelled";
    case w::FinishReason::error:
      break;
  }
  return "error";
}

Error engine_error(const std::string& reason) {
  return Error(Code::internal, Origin::engine, "engine_error", "The model could not finish this answer")
      .with_detail(reason)
      .with_retry(Retry::later());
}

Error too_slow(const char* why) {
  return Error(Code::timeout, Origin::caller, "client_too_slow", "The answer was not read in time").with_detail(why);
}

// One dispatch, from start to done.
class Run {
 public:
  Run(Egress& egress, Admitted& admitted, Answer& answer, const Ending& ending)
      : egress_(egress),
        reactor_(egress.exchange().reactor()),
        admitted_(admitted),
        answer_(answer),
        job_(admitted.job()),
        exchange_(egress.exchange()),
        limit_(admitted.permitted(), ending),
        alarm_(reactor_, [this] { job_.poke(); }),
        when_gone_(when_gone(egress, admitted.permitted().generation())),
        open_(admitted.choices(), true) {
    outcome_.usage.prompt_tokens = admitted.prompt().prompt_tokens;
    if (const w::CallForm form = admitted.prompt().calls; form != w::CallForm::none) calls_.emplace(answer, form, admitted.choices());
  }

  Task<Outcome> run() {
    const ClientWatch watch(exchange_, admitted_.permitted().seat(), [this] { job_.poke(); });
    const Instant admitted_at = last_written_ = reactor_.clock().now();
    start();
    while (!over_) {
      set_alarm();
      co_await job_.wait();
      take_news();
      if (!over_) look_at_client();
      if (!over_) give_grants();
    }
    outcome_.usage.completion_tokens = std::max(outcome_.usage.completion_tokens, job_.produced());
    outcome_.generated_for = reactor_.clock().now() - admitted_at;
    job_.cancel();
    co_return std::move(outcome_);
  }

 private:
  // The first token is paid for.
  void start() {
    const GrantDecision first = first_grant(admitted_.allowance(), admitted_.choices());
    const std::uint32_t funded = admitted_.tab().fund(first.tokens);
    job_.start(Tokens(funded), Tokens(admitted_.per_choice()));
    if (admitted_.tab().ran_dry() || (first.last && funded == first.tokens)) finish_at_grant();
  }

  void finish_at_grant() {
    if (admitted_.tab().ran_dry()) answer_.ran_dry();
    job_.finish(w::FinishReason::length);
    last_granted_ = true;
  }

  void take_news() {
    engine::JobNews news = job_.take();
    admitted_.tab().produced(job_.produced());
    wanted_ |= news.asks_ahead || news.waiting;
    waiting_ |= news.waiting;
    outcome_.usage.cached_tokens = std::min(outcome_.usage.prompt_tokens, std::max(outcome_.usage.cached_tokens, news.cached));
    if (news.lost) return lose();
    if (!answer_.begun() && !news.choices.empty()) answer_.begin(outcome_.usage);
    for (std::uint32_t i = 0; i < news.choices.size(); ++i) tell(i, news.choices[i]);
    if (news.done) end(*news.done);
  }

  void tell(std::uint32_t choice, const engine::ChoiceNews& news) {
    if (!news.text.empty() || !news.scores.empty()) {
      calls_ ? calls_->text(choice, news.text, news.scores) : answer_.text(choice, news.text, news.scores);
      last_written_ = reactor_.clock().now();
    }
    if (news.ended) end_choice(choice, *news.ended, {});
  }

  void end_choice(std::uint32_t choice, w::FinishReason reason, std::string_view stop) {
    if (calls_) calls_->finish(choice);
    answer_.end(choice, reason, stop);
    open_[choice] = false;
  }

  void end(const w::Done& done) {
    outcome_.usage.prompt_tokens = done.prompt_tokens;
    outcome_.usage.cached_tokens = std::min(done.prompt_tokens, done.cached_tokens);
    outcome_.usage.completion_tokens = done.completion_tokens;
    if (done.reason == w::FinishReason::error) return fail(engine_error(done.error));
    if (!answer_.begun()) answer_.begin(outcome_.usage);
    outcome_.usage.cost = admitted_.tab().cost(outcome_.usage);
    if (outcome_.usage.cost) egress_.set_cost(decimal_text(static_cast<std::int64_t>(*outcome_.usage.cost), 9));
    for (std::uint32_t i = 0; i < open_.size(); ++i) {
      if (open_[i]) end_choice(i, done.reason, done.stop);
    }
    answer_.finish(outcome_.usage);
    outcome_.finish = finish_name(done.reason);
    outcome_.answered = true;
    over_ = true;
  }

  void lose() {
    if (answer_.begun()) return fail(engine_lost());
    outcome_.error = engine_lost();
    outcome_.finish = "error";
    over_ = true;
  }

  void fail(Error error) {
    outcome_.finish = "error";
    if (answer_.begun()) {
      answer_.fail(error);
      outcome_.answered = true;
    }
    outcome_.error = std::move(error);
    over_ = true;
  }

  void look_at_client() {
    const Instant now = reactor_.clock().now();
    if (exchange_.gone() && when_gone_ == WhenGone::is_cancelled) {
      outcome_.finish = "cancelled";
      outcome_.error = client_gone();
      outcome_.answered = answer_.begun();
      over_ = true;
    } else if (auto over = limit_.over(now)) {
      fail(std::move(*over));
    } else if (exchange_.unsent() > 0 && now - exchange_.last_drained() > drain_patience) {
      exchange_.abort_stream();
      outcome_.finish = "cancelled";
      outcome_.error = too_slow("nothing read for 30 s");
      outcome_.answered = over_ = true;
    } else if (answer_.begun() && now - last_written_ >= ping_interval) {
      answer_.ping();
      last_written_ = now;
    }
  }

  void give_grants() {
    GrantState state;
    state.allowance = admitted_.allowance();
    state.choices = admitted_.choices();
    state.granted = job_.granted();
    state.unsent = exchange_.unsent();
    state.wanted = wanted_ && !last_granted_;
    state.waiting = waiting_ && !last_granted_;
    const GrantDecision decision = next_grant(state);
    holds_ = decision.renew;
    if (decision.renew && reactor_.clock().now() >= renew_at_) {
      job_.grant(Tokens(0));
      renew_at_ = reactor_.clock().now() + renew_interval;
    }
    if (decision.tokens == 0 && !decision.last) return;
    const std::uint32_t wanted = state.granted + decision.tokens, funded = admitted_.tab().fund(wanted);
    if (funded > state.granted) {
      job_.grant(Tokens(funded - state.granted));
      wanted_ = waiting_ = false;
    }
    if (admitted_.tab().ran_dry() || (decision.last && funded == wanted)) finish_at_grant();
  }

  void set_alarm() {
    Instant next = limit_.next_look(reactor_.clock().now());
    if (answer_.begun()) next = std::min(next, last_written_ + ping_interval);
    if (holds_) next = std::min(next, renew_at_);
    if (exchange_.unsent() > 0) next = std::min(next, exchange_.last_drained() + drain_patience + seconds(1));
    alarm_.arm(next);
  }

  Egress& egress_;
  Reactor& reactor_;
  Admitted& admitted_;
  Answer& answer_;
  engine::Job& job_;
  net::Exchange& exchange_;
  const TimeLimit limit_;
  Deadline alarm_;
  const WhenGone when_gone_;
  std::vector<bool> open_;           // by choice: it has not ended
  std::optional<CallTeller> calls_;  // where tools may be asked for
  Instant last_written_{}, renew_at_{};
  bool wanted_ = false, waiting_ = false, holds_ = false, last_granted_ = false, over_ = false;
  Outcome outcome_;
};

}  // namespace

WhenGone when_gone(const Egress& egress, const Generation& generation) {
  return egress.holds_end() && !generation.stream ? WhenGone::goes_on : WhenGone::is_cancelled;
}

Task<Outcome> dispatch(Egress& egress, Admitted& admitted, Answer& answer, const Ending& ending) {
  Run run(egress, admitted, answer, ending);
  co_return co_await run.run();
}

}  // namespace gatehouse::gateway
