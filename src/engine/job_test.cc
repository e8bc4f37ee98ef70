#include "gatehouse/engine/job.h"

#include <gtest/gtest.h>

#include <vector>

#include "gatehouse/base/assert.h"
#include "gatehouse/base/fake_clock.h"

namespace gatehouse::engine {
namespace {

namespace w = wire::engine;

struct WritingChannel final : JobChannel {
  void send(JobId, const w::Body& body) override { sent.push_back(body); }
  void forget(JobId) override { ++forgotten; }
  template <class T>
  int count() const {
    int n = 0;
    for (const w::Body& body : sent) n += std::holds_alternative<T>(body) ? 1 : 0;
    return n;
  }
  std::vector<w::Body> sent;
  int forgotten = 0;
};

w::TokenEvent tokens(std::uint32_t count, std::string text) {
  w::TokenEvent event;
  event.job = 1;
  event.count = count;
  event.text = std::move(text);
  return event;
}
w::Done done_with(std::uint32_t completion) {
  w::Done done;
  done.completion_tokens = completion;
  return done;
}

class JobTest : public testing::Test {
 protected:
  Job& prepared() {
    EXPECT_TRUE(job->deliver(w::Body(w::Prepared{})));
    return *job;
  }
  Job& started(std::uint32_t grant) {
    prepared().start(Tokens(grant));
    return *job;
  }
  FakeClock clock;
  Reactor reactor{0, clock};
  WritingChannel channel;
  std::unique_ptr<Job> job = std::make_unique<Job>(reactor, channel, JobId(1));
};

// Whoever ends it before it is done must know what it cost.
TEST_F(JobTest, SaysHowMuchOfThePromptWasCachedAsSoonAsThatIsKnown) {
  started(10);
  w::TokenEvent first = tokens(1, "a");
  first.cached = 7;
  EXPECT_TRUE(job->deliver(std::move(first)));
  EXPECT_TRUE(job->deliver(tokens(1, "b"))) << "what is told of its tokens may come behind it";
  EXPECT_EQ(job->take().cached, 7U);
  EXPECT_EQ(job->take().cached, 0U);
}

TEST_F(JobTest, CountsWhatItGrantedAndWhatCame) {
  started(10);
  EXPECT_TRUE(job->deliver(tokens(4, "four")));
  job->grant(Tokens(5));
  EXPECT_TRUE(job->deliver(tokens(11, " more")));
  EXPECT_EQ(job->granted(), 15U);
  EXPECT_EQ(job->produced(), 15U);
  const JobNews news = job->take();
  EXPECT_EQ(news.tokens, 15U);
  EXPECT_EQ(news.choices.at(0).text, "four more");
  EXPECT_EQ(job->take().tokens, 0U) << "news are told once";
}

TEST_F(JobTest, TokensBeyondTheGrantBreakTheProtocol) {
  started(3);
  EXPECT_TRUE(job->deliver(tokens(3, "abc")));
  EXPECT_TRUE(job->deliver(tokens(0, "text that was held back")));
  EXPECT_FALSE(job->deliver(tokens(1, "d")));
  EXPECT_EQ(job->produced(), 3U);
}

TEST_F(JobTest, ScoresComeWithTokensOrAfterThem) {
  const auto scored = [](std::uint32_t count, std::size_t scores) {
    w::TokenEvent event = tokens(count, "");
    event.scores.resize(scores);
    return event;
  };
  started(10);
  EXPECT_TRUE(job->deliver(scored(3, 1)));
  EXPECT_TRUE(job->deliver(scored(0, 2)));
  EXPECT_EQ(job->take().choices.at(0).scores.size(), 3U);
  EXPECT_TRUE(job->take().choices.empty());
  EXPECT_FALSE(job->deliver(scored(1, 2))) << "scores of tokens that did not come";
}

TEST_F(JobTest, EachChoiceHasNewsAndAnEndOfItsOwn) {
  job = std::make_unique<Job>(reactor, channel, JobId(2), 2U);
  started(10);
  const auto of = [](std::uint32_t choice, std::string text, bool ended = false) {
    w::TokenEvent event = tokens(1, std::move(text));
    event.choice = choice;
    event.ended = ended;
    return event;
  };
  EXPECT_TRUE(job->deliver(of(1, "b")));
  EXPECT_TRUE(job->deliver(of(0, "a")));
  EXPECT_TRUE(job->deliver(of(1, "bb", true)));
  const JobNews news = job->take();
  ASSERT_EQ(news.choices.size(), 2U);
  EXPECT_EQ(news.choices[0].text, "a");
  EXPECT_EQ(news.choices[1].text, "bbb");
  EXPECT_EQ(news.choices[1].ended, w::FinishReason::stop);
  EXPECT_EQ(news.tokens, 3U);
  EXPECT_FALSE(job->deliver(of(1, "b"))) << "it has ended";
  EXPECT_FALSE(job->deliver(of(2, "c"))) << "there is none";
  EXPECT_FALSE(job->deliver(of(0, "a", true))) << "the last one's end is told by done";
  EXPECT_TRUE(job->deliver(w::Body(done_with(3))));
}

TEST_F(JobTest, TextWithoutEndBreaksTheProtocol) {
  started(10);
  const std::string part(1024 * 1024, 'x');
  for (int i = 0; i < 8; ++i) ASSERT_TRUE(job->deliver(tokens(0, part)));
  EXPECT_FALSE(job->deliver(tokens(0, "x")));
  job->take();
  EXPECT_TRUE(job->deliver(tokens(0, "x"))) << "what was read does not count";
}

TEST_F(JobTest, EventsOutOfOrderBreakTheProtocol) {
  EXPECT_FALSE(job->deliver(tokens(0, "too early")));
  EXPECT_FALSE(job->deliver(w::Body(w::Waiting{})));
  EXPECT_FALSE(job->deliver(w::Body(w::Done{}))) << "of a job that was not prepared";
  prepared();
  EXPECT_FALSE(job->deliver(w::Body(w::Prepared{}))) << "twice";
  EXPECT_FALSE(job->deliver(w::Body(w::Refused{}))) << "after all";
  EXPECT_FALSE(job->deliver(tokens(1, "before the start")));
  EXPECT_FALSE(job->deliver(w::Body(w::State{}))) << "not about a job";
}

TEST_F(JobTest, DoneMustNameWhatWasDelivered) {
  started(10);
  EXPECT_TRUE(job->deliver(tokens(4, "four")));
  EXPECT_FALSE(job->deliver(w::Body(done_with(5))));
  EXPECT_FALSE(job->ended());
  EXPECT_TRUE(job->deliver(w::Body(done_with(4))));
  EXPECT_TRUE(job->ended());
  EXPECT_TRUE(job->take().done.has_value());
}

TEST_F(JobTest, ARefusedJobHasEnded) {
  EXPECT_TRUE(job->deliver(w::Body(w::Refused{"invalid_prompt", "", "no"})));
  EXPECT_TRUE(job->ended());
  EXPECT_EQ(job->take().refused->code, "invalid_prompt");
  job.reset();
  EXPECT_EQ(channel.count<w::Cancel>(), 0);
  EXPECT_EQ(channel.forgotten, 1);
}

TEST_F(JobTest, DestroyingAJobThatRunsCancelsItOnce) {
  started(10);
  job.reset();
  EXPECT_EQ(channel.count<w::Cancel>(), 1);
  EXPECT_EQ(channel.forgotten, 1);
}

TEST_F(JobTest, NothingIsSentForAJobThatHasEnded) {
  started(10);
  job->cancel();
  job->cancel();
  job->grant(Tokens(5));
  job->finish(w::FinishReason::length);
  EXPECT_EQ(channel.count<w::Cancel>(), 1);
  EXPECT_EQ(channel.count<w::Grant>(), 0);
  EXPECT_EQ(channel.count<w::Finish>(), 0);
  EXPECT_EQ(job->granted(), 10U) << "what was not sent is not granted";
  EXPECT_TRUE(job->deliver(tokens(2, "on their way"))) << "the engine did not know yet";
  EXPECT_TRUE(job->deliver(w::Body(done_with(2))));
}

TEST_F(JobTest, ALostJobTouchesItsChannelNoMore) {
  started(10);
  job->lose();
  EXPECT_TRUE(job->ended());
  EXPECT_TRUE(job->take().lost);
  const std::size_t sent = channel.sent.size();
  job->grant(Tokens(1));
  job->cancel();
  job->finish(w::FinishReason::length);
  job.reset();
  EXPECT_EQ(channel.sent.size(), sent);
  EXPECT_EQ(channel.forgotten, 0);
}

TEST_F(JobTest, ALostJobCanBeStartedInVain) {
  prepared();
  job->lose();
  job->start(Tokens(5));
  EXPECT_EQ(channel.count<w::Start>(), 0);
}

TEST_F(JobTest, AStartNeedsAPromptAndAGrant) {
  EXPECT_THROW(job->start(Tokens(1)), BrokenInvariant);
  prepared();
  EXPECT_THROW(job->start(Tokens(0)), BrokenInvariant);
  job->start(Tokens(1));
  EXPECT_THROW(job->start(Tokens(1)), BrokenInvariant);
}

Task<void> count_news(Job& job, int& woken, int until) {
  while (woken < until) {
    co_await job.wait();
    ++woken;
  }
}

TEST_F(JobTest, WakesWhoWaitsForNewsAndForPokes) {
  started(10);
  job->take();
  int woken = 0;
  reactor.spawn(count_news(*job, woken, 4));
  const auto poll = [this] {
    while (reactor.context().poll() > 0) {
    }
  };
  poll();
  EXPECT_EQ(woken, 1) << "prepared";
  EXPECT_TRUE(job->deliver(tokens(1, "x")));
  poll();
  EXPECT_EQ(woken, 2);
  job->poke();
  job->poke();
  poll();
  EXPECT_EQ(woken, 3) << "twice before anybody looked is once";
  job->lose();
  poll();
  EXPECT_EQ(woken, 4);
}

}  // namespace
}  // namespace gatehouse::engine
