// The decode loop and a crowd: thousands of jobs of several tenants at random, with grants that come late and clients that leave. Nobody
// starves, shares follow the weights, a step is bounded, and every job ends once.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <random>

#include "test_loop.h"

namespace gatehouse::engine {
namespace {

namespace w = wire::engine;

constexpr std::uint32_t longest_prompt = 300, longest_answer = 64, block = 16;
constexpr std::uint32_t longest_job = longest_prompt + longest_answer;
constexpr double lead = 1024;  // StepLimits

struct Errand {
  std::size_t tenant;
  std::uint32_t prompt, allowance, granted = 0;
  int answered = 0;             // of what it has asked for
  std::uint64_t grant_due = 0;  // turn; 0: nothing asked for
  std::uint32_t tokens = 0;     // counted so far
};

struct Tenant {
  std::uint32_t weight = 1;
  double work = 0;     // tokens of answers, and of prompts once they are computed
  int unbegun = 0;     // jobs started that have no token yet
  bool waits = false;  // since then:
  std::vector<double> times;
  double time() const { return work / weight; }
};

// A loop, and the front's part of the joint.
class Crowd {
 public:
  explicit Crowd(std::uint64_t seed, std::size_t tenants, std::uint32_t seats)
      : random_(seed), tenants_(tenants), t_(model(seats), options()) {
    // A pass takes long enough that one that waits for its grant may linger.
    t_.before_pass([this] { t_.clock.advance(milliseconds(5 + below(30))); });
  }

  std::uint64_t below(std::uint64_t n) { return std::uniform_int_distribution<std::uint64_t>(0, n - 1)(random_); }
  Tenant& tenant(std::size_t i) { return tenants_[i]; }
  std::size_t tenants() const { return tenants_.size(); }
  const std::map<std::uint64_t, Errand>& running() const { return jobs_; }
  TurnedLoop& loop() { return t_; }

  void arrive(std::size_t tenant, std::uint32_t prompt, std::uint32_t answer) {
    const std::uint64_t id = ++arrived_;
    t_.as(tenant, tenants_[tenant].weight);
    ASSERT_TRUE(t_.prepare(id, "loop:" + std::string(prompt - 5, 'x')));
    Errand& job = jobs_.emplace(id, Errand{.tenant = tenant, .prompt = prompt, .allowance = answer}).first->second;
    job.granted = std::min(block, answer);
    t_.start(id, job.granted);
    if (job.granted == answer) t_.finish(id);
    ++tenants_[tenant].unbegun;
  }
  void cancel_one() {
    if (!jobs_.empty()) t_.cancel(std::next(jobs_.begin(), static_cast<std::ptrdiff_t>(below(jobs_.size())))->first);
  }

  void turn(std::uint64_t latest_grant) {
    const std::uint64_t decodes = t_.trace.decode_passes, prefills = t_.trace.prefill_passes;
    t_.turn();
    ++turns_;
    EXPECT_LE(t_.trace.decode_passes, decodes + 1);
    EXPECT_LE(t_.trace.prefill_passes, prefills + 1) << "between two tokens one pass over prompts at most";
    for (auto it = jobs_.begin(); it != jobs_.end();) it = take_news(it->first, it->second, latest_grant) ? jobs_.erase(it) : std::next(it);
  }
  std::uint64_t arrived() const { return arrived_; }

 private:
  ScriptedOptions model(std::uint32_t seats) const {
    ScriptedOptions options;
    options.seats = seats;
    return options;
  }
  LoopOptions options() {
    LoopOptions options;
    options.queue = 100'000;
    options.prefill_chunk = static_cast<std::uint32_t>(16 + below(112));
    return options;
  }

  // True when the job is done.
  bool take_news(std::uint64_t id, Errand& job, std::uint64_t latest_grant) {
    const Told& told = t_.told(id);
    Tenant& tenant = tenants_[job.tenant];
    const bool begins = job.tokens == 0 && (told.tokens > 0 || told.ended());
    if (begins) --tenant.unbegun;
    if (begins && told.tokens > 0) tenant.work += job.prompt;
    tenant.work += told.tokens - job.tokens;
    job.tokens = told.tokens;
    if (told.ended()) return true;
    if (told.asks + told.waits > job.answered && job.grant_due == 0) job.grant_due = turns_ + 1 + below(latest_grant + 1);
    if (job.grant_due != 0 && job.grant_due <= turns_) grant(id, job, told);
    return false;
  }
  void grant(std::uint64_t id, Errand& job, const Told& told) {
    job.grant_due = 0;
    job.answered = told.asks + told.waits;
    const std::uint32_t more = std::min(block, job.allowance - job.granted);
    if (more == 0) return;
    job.granted += more;
    t_.grant(id, more);
    if (job.granted == job.allowance) t_.finish(id);
  }

  std::mt19937_64 random_;
  std::vector<Tenant> tenants_;
  std::map<std::uint64_t, Errand> jobs_;
  std::uint64_t arrived_ = 0, turns_ = 0;
  TurnedLoop t_;
};

// While a tenant has a job that waits, nobody else is computed for by more than this beyond what the tenant itself is computed for, in
// virtual time: what all seats may hold of either of the two, the lead that a reclaimed seat may give, and the prompt that counts here
// only once it is whole. So the longest wait is over once so much has been computed for the others.
double bound(std::uint32_t seats) { return 2.0 * seats * longest_job + lead + longest_prompt; }

class Watch {
 public:
  Watch(Crowd& crowd, std::uint32_t seats) : crowd_(crowd), bound_(bound(seats)) {}
  void look() {
    for (std::size_t i = 0; i < crowd_.tenants(); ++i) {
      Tenant& t = crowd_.tenant(i);
      if (t.unbegun > 0 && !t.waits) t.times = times();
      t.waits = t.unbegun > 0;
      if (t.waits) compare(i);
    }
  }
  double worst() const { return worst_; }

 private:
  std::vector<double> times() {
    std::vector<double> all;
    for (std::size_t i = 0; i < crowd_.tenants(); ++i) all.push_back(crowd_.tenant(i).time());
    return all;
  }
  void compare(std::size_t waiting) {
    const Tenant& t = crowd_.tenant(waiting);
    const double own = t.time() - t.times[waiting];
    for (std::size_t i = 0; i < crowd_.tenants(); ++i) {
      if (i != waiting) worst_ = std::max(worst_, (crowd_.tenant(i).time() - t.times[i] - own) / bound_);
    }
    EXPECT_LE(worst_, 1) << "somebody starves";
  }
  Crowd& crowd_;
  const double bound_;
  double worst_ = 0;
};

TEST(EngineLoopCrowd, NobodyStarvesStepsAreBoundedAndEveryJobEndsOnce) {
  const std::uint64_t first = std::random_device{}();
  const std::uint64_t rounds = std::getenv("GATEHOUSE_SOAK") != nullptr ? 1000 : 3;
  std::printf("seeds %llu and %llu more\n", static_cast<unsigned long long>(first), static_cast<unsigned long long>(rounds - 1));
  std::uint64_t jobs = 0, given_back = 0;
  double worst = 0;
  for (std::uint64_t seed = first; seed < first + rounds && !testing::Test::HasFailure(); ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937_64 shape(seed);
    const auto seats = static_cast<std::uint32_t>(2 + shape() % 7);
    Crowd crowd(seed, 2 + shape() % 5, seats);
    for (std::size_t i = 0; i < crowd.tenants(); ++i) crowd.tenant(i).weight = static_cast<std::uint32_t>(1 + shape() % 4);
    Watch watch(crowd, seats);
    const std::uint64_t pace = 2 + shape() % 8, latest_grant = shape() % 12;
    // One tenant asks for as much as all others together.
    for (int turn = 0; turn < 1500; ++turn) {
      if (crowd.below(pace) == 0) {
        const std::size_t tenant = crowd.below(2) == 0 ? 0 : crowd.below(crowd.tenants());
        crowd.arrive(tenant, static_cast<std::uint32_t>(6 + crowd.below(longest_prompt - 5)),
                     static_cast<std::uint32_t>(1 + crowd.below(longest_answer)));
      }
      if (crowd.below(40) == 0) crowd.cancel_one();
      crowd.turn(latest_grant);
      watch.look();
    }
    std::uint64_t left = 100;
    for (const auto& [id, job] : crowd.running()) left += job.prompt + job.allowance * (1 + latest_grant);
    for (; left > 0 && !crowd.running().empty(); --left) {
      crowd.turn(latest_grant);
      watch.look();
    }
    EXPECT_TRUE(crowd.running().empty()) << "some never end";
    crowd.loop().expect_empty();
    jobs += crowd.arrived();
    given_back += crowd.loop().loop.counters().given_back;
    worst = std::max(worst, watch.worst());
  }
  std::printf("%llu jobs, %llu seats given back, at worst %.2f of the bound\n", static_cast<unsigned long long>(jobs),
              static_cast<unsigned long long>(given_back), worst);
  EXPECT_GT(given_back, 0U);
}

struct Manner {
  std::uint32_t weight, prompt, answer;
};

// All have more to do than there are seats, each in its own manner, until so much has been computed for them together.
void run_backlogged(Crowd& crowd, const std::vector<Manner>& manners, std::uint32_t jobs_each, double work) {
  for (double done = 0; done < work;) {
    std::vector<std::uint32_t> jobs(manners.size());
    for (const auto& [id, job] : crowd.running()) ++jobs[job.tenant];
    for (std::size_t i = 0; i < manners.size(); ++i) {
      for (; jobs[i] < jobs_each; ++jobs[i]) crowd.arrive(i, manners[i].prompt, manners[i].answer);
    }
    crowd.turn(1);
    done = 0;
    for (std::size_t i = 0; i < manners.size(); ++i) done += crowd.tenant(i).work;
  }
}

// Of what comes behind the first 20,000 tokens: a tenant may once be ahead by what its seats hold and by the lead.
TEST(EngineLoopCrowd, WhereAllAreBackloggedTokensAreSharedByWeightWithinFivePercent) {
  const std::vector<std::vector<Manner>> crowds = {
      {{1, 200, 10}, {2, 10, 60}, {4, 50, 50}},
      {{1, 20, 60}, {1, 300, 1}},
      {{4, 100, 20}, {1, 100, 20}, {1, 20, 60}, {1, 20, 20}},
      {{1, 6, 1}, {1, 300, 64}, {3, 6, 64}},
  };
  for (const std::uint32_t seats : {2U, 6U}) {
    for (std::size_t c = 0; c < crowds.size(); ++c) {
      SCOPED_TRACE(testing::Message() << "crowd " << c << ", " << seats << " seats");
      const std::vector<Manner>& manners = crowds[c];
      Crowd crowd(c, manners.size(), seats);
      double weights = 0, work = 0;
      for (std::size_t i = 0; i < manners.size(); ++i) weights += crowd.tenant(i).weight = manners[i].weight;
      run_backlogged(crowd, manners, 2 * seats, 20'000);
      for (std::size_t i = 0; i < manners.size(); ++i) crowd.tenant(i).work = 0;
      run_backlogged(crowd, manners, 2 * seats, 50'000);
      for (std::size_t i = 0; i < manners.size(); ++i) work += crowd.tenant(i).work;
      for (std::size_t i = 0; i < manners.size(); ++i) {
        EXPECT_NEAR(crowd.tenant(i).work / work, manners[i].weight / weights, 0.05 * manners[i].weight / weights) << "tenant " << i;
      }
    }
  }
}

}  // namespace
}  // namespace gatehouse::engine
