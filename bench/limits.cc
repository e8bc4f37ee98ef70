// bench/limits.cc — what a decision of a limit costs: beside the look-up of a key in a std::unordered_map of as many entries, which any
// table of limits needs at the least.
//
//   ./run bench limits [ROUNDS]    CPU time; medians over the rounds; what is compared is measured in turn, in the same round
#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <functional>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "gatehouse/limits/limit_table.h"

namespace {

namespace gl = gatehouse::limits;
using gatehouse::seconds;

constexpr std::uint64_t calls = 200'000;

struct HashOfSubject {
  std::size_t operator()(const gl::LimitKey& key) const { return std::hash<std::uint64_t>()(key.subject.low * 0x9e3779b97f4a7c15U); }
};

gl::LimitKey key_of(std::uint32_t limit, std::size_t subject) { return gl::LimitKey{limit, gl::Subject{0, subject}}; }

// What of a limit is used, in hundredths, by callers that come at random: so most calls are admitted, and as much leaves as comes.
constexpr std::int64_t used_percent = 80;

gl::Moment moment_at(std::int64_t ns) {
  return gl::Moment{gatehouse::Instant(gatehouse::nanoseconds(ns)), gatehouse::WallTime(seconds(1'800'000'000))};
}

class Subjects {
 public:
  explicit Subjects(std::size_t all) : all_(all) {}
  std::size_t next() {
    state_ = state_ * 6364136223846793005ULL + 1442695040888963407ULL;
    return static_cast<std::size_t>(state_ >> 40U) % all_;
  }

 private:
  std::size_t all_;
  std::uint64_t state_ = 7;
};

template <class Call>
double nanoseconds_a_call(const Call& call) {
  const gatehouse::SystemClock clock;
  const gatehouse::nanoseconds begun = clock.thread_cpu();
  for (std::uint64_t i = 0; i < calls; ++i) call(i);
  return static_cast<double>((clock.thread_cpu() - begun).count()) / static_cast<double>(calls);
}

class Bench {
 public:
  explicit Bench(std::size_t subjects) : subjects_(subjects) {
    for (std::size_t i = 0; i < subjects; ++i) map_[key_of(1, i)] = {};
  }

  double look_up() {
    std::size_t nothing = 0;  // but found only by the look-up before: else the core makes several at once
    const double cost = nanoseconds_a_call([&](std::uint64_t) { nothing = map_.find(key_of(1, subjects_.next() + nothing))->second[8]; });
    sum_ += nothing;
    return cost;
  }
  // One limit after the other, each for the same subject, all of them or none.
  double decide(std::uint32_t number, std::span<const gl::Limit* const> limits, gl::Spend how, gatehouse::nanoseconds apart) {
    const std::int64_t step = apart.count() * 100 / used_percent / static_cast<std::int64_t>(map_.size());
    const double cost = nanoseconds_a_call([&](std::uint64_t) {
      const std::size_t subject = subjects_.next();
      std::array<gl::Charge, 6> charges;
      for (std::size_t i = 0; i < limits.size(); ++i) {
        charges[i].key = key_of(number + static_cast<std::uint32_t>(i), subject);
        charges[i].rule = limits[i];
        charges[i].spend = how;
      }
      const auto held = table_.reserve(std::span(charges).first(limits.size()), moment_at(now_ += step));
      sum_ += held ? 1 : 0;
    });
    return cost / static_cast<double>(limits.size());
  }
  std::uint64_t sum() const { return sum_; }

 private:
  // As large as what a table of limits keeps of each.
  std::unordered_map<gl::LimitKey, std::array<std::size_t, 16>, HashOfSubject> map_;
  gatehouse::SeededRandom random_{7};
  gl::LimitTable table_{{.shards = 64, .bytes = std::size_t{1} << 30U}, random_};
  Subjects subjects_;
  std::int64_t now_ = 1'000'000'000;
  std::uint64_t sum_ = 0;
};

struct Case {
  const char* name;
  std::vector<const gl::Limit*> limits;
  gl::Spend how;
  gatehouse::nanoseconds apart;  // calls of one subject, as the limit allows them
  std::vector<double> costs, ratios;
};

double median(std::vector<double> all) {
  std::ranges::sort(all);
  return all[all.size() / 2];
}

std::vector<Case> cases() {
  static const gl::Limit window = gl::SlidingWindow{60, seconds(60)}, refused = gl::SlidingWindow{60, seconds(3600)},
                         tokens = gl::SlidingWindow{60'000, seconds(60)}, log = gl::SlidingWindow{4096, seconds(60)},
                         rate = gl::Gcra{100, seconds(60), 20}, slots = gl::Concurrency{8}, quota = gl::Allowance{1'000'000};
  using gatehouse::milliseconds, gatehouse::nanoseconds;
  const auto once = gl::Spend::at_once, by_use = gl::Spend::by_use;
  return {{"window of 60", {&window}, once, seconds(1), {}, {}},
          {"window of 60, refused", {&refused}, once, nanoseconds(100), {}, {}},
          {"window of 4,096", {&log}, once, milliseconds(15), {}, {}},
          {"window of 60,000", {&tokens}, once, milliseconds(1), {}, {}},
          {"rate with a burst", {&rate}, once, milliseconds(600), {}, {}},
          {"quota of a day", {&quota}, once, seconds(1), {}, {}},
          {"calls at once, and back", {&slots}, once, seconds(1), {}, {}},
          {"tokens held, and back", {&tokens}, by_use, milliseconds(1), {}, {}},
          {"six together, each", {&window, &log, &tokens, &rate, &slots, &quota}, once, seconds(1), {}, {}}};
}

std::uint64_t measure(std::size_t subjects, int rounds) {
  Bench bench(subjects);
  std::vector<Case> all = cases();
  std::vector<double> floors;
  for (int round = 0; round <= rounds; ++round) {
    const double floor = bench.look_up();
    std::uint32_t number = 0;
    for (Case& one : all) {
      const double cost = bench.decide(number += 10, one.limits, one.how, one.apart);
      if (round == 0) continue;  // which makes everything warm, and each state once
      one.costs.push_back(cost);
      one.ratios.push_back(cost / floor);
    }
    if (round > 0) floors.push_back(floor);
  }
  std::printf("%zu subjects: a look-up in std::unordered_map takes %.0f ns\n", subjects, median(floors));
  for (const Case& one : all) std::printf("  %-24s %4.0f ns a decision, %.1f look-ups\n", one.name, median(one.costs), median(one.ratios));
  return bench.sum();
}

}  // namespace

int main(int argc, char** argv) {
  int rounds = 15;
  if (argc > 1) std::from_chars(argv[1], argv[1] + std::string_view(argv[1]).size(), rounds);
  std::uint64_t sum = 0;
  for (const std::size_t subjects : {512U, 8192U}) sum += measure(subjects, rounds);
  return sum == 0 ? 1 : 0;
}
