#include "gatehouse/telemetry/metrics.h"

#include <algorithm>
#include <cmath>

#include "exposition.h"
#include "gatehouse/base/assert.h"

namespace gatehouse::telemetry {
namespace {

constexpr std::size_t max_series = 1000;

// The first threads that count have each a shard that nobody else writes to. Numbers are never given twice: it stays so when they end.
constexpr std::size_t own_shards = metric_shards / 2;

std::size_t shard_of_this_thread() {
  static std::atomic<std::size_t> threads{0};
  thread_local const std::size_t shard = [] {
    const std::size_t number = threads.fetch_add(1, std::memory_order_relaxed);
    return number < own_shards ? number : own_shards + number % (metric_shards - own_shards);
  }();
  return shard;
}

// Where nobody else writes, what is there cannot change in between.
template <class Number>
void add_in(std::size_t shard, std::atomic<Number>& to, Number n) {
  if (shard < own_shards) {
    to.store(to.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
  } else {
    to.fetch_add(n, std::memory_order_relaxed);
  }
}

std::string_view name_of(Metrics::Kind kind) {
  switch (kind) {
    case Metrics::Kind::counter:
      return "counter";
    case Metrics::Kind::gauge:
      return "gauge";
    case Metrics::Kind::histogram:
      break;
  }
  return "histogram";
}

// The series with those labels, made where there is none.
template <class Series, class Make>
Series& series(std::map<std::string, std::unique_ptr<Series>>& all, Labels labels, Make make) {
  for (const auto& [name, value] : labels) GH_ASSERT(is_label_name(name));
  std::string key = write_labels(labels);
  if (!all.contains(key) && all.size() >= max_series) {
    for (auto& [name, value] : labels) value = "other";
    key = write_labels(labels);
  }
  std::unique_ptr<Series>& slot = all[std::move(key)];
  if (!slot) slot = make();
  return *slot;
}

}  // namespace

void Counter::add(std::uint64_t n) {
  const std::size_t shard = shard_of_this_thread();
  add_in(shard, shards_[shard].count, n);
}

std::uint64_t Counter::value() const {
  std::uint64_t sum = 0;
  for (const Shard& shard : shards_) sum += shard.count.load(std::memory_order_relaxed);
  return sum;
}

void Level::add(std::int64_t n) {
  const std::size_t shard = shard_of_this_thread();
  add_in(shard, shards_[shard].count, n);
}

std::int64_t Level::value() const {
  std::int64_t sum = 0;
  for (const Shard& shard : shards_) sum += shard.count.load(std::memory_order_relaxed);
  return std::max<std::int64_t>(sum, 0);  // one shard may have been read before it was raised, another after it was lowered for that
}

Histogram::Histogram(std::vector<double> upper_bounds) : bounds_(std::move(upper_bounds)) {
  GH_ASSERT(std::adjacent_find(bounds_.begin(), bounds_.end(), [](double a, double b) { return !(a < b); }) == bounds_.end());
  for (Shard& shard : shards_) shard.counts = std::vector<std::atomic<std::uint64_t>>(bounds_.size() + 1);
}

void Histogram::observe(double value) {
  if (std::isnan(value)) return;  // one would make the sum NaN for good
  const auto bucket = static_cast<std::size_t>(std::lower_bound(bounds_.begin(), bounds_.end(), value) - bounds_.begin());
  const std::size_t shard = shard_of_this_thread();
  add_in(shard, shards_[shard].counts[bucket], std::uint64_t{1});
  add_in(shard, shards_[shard].sum, value);
}

Histogram::Reading Histogram::read() const {
  Reading reading{std::vector<std::uint64_t>(bounds_.size() + 1), 0};
  for (const Shard& shard : shards_) {
    for (std::size_t i = 0; i < reading.counts.size(); ++i) reading.counts[i] += shard.counts[i].load(std::memory_order_relaxed);
    reading.sum += shard.sum.load(std::memory_order_relaxed);
  }
  return reading;
}

Metrics::Family& Metrics::family(Kind kind, std::string_view name, std::string_view help) {
  GH_ASSERT(is_metric_name(name));
  auto found = families_.find(name);
  if (found == families_.end()) {
    found = families_.try_emplace(std::string(name)).first;
    found->second.kind = kind;
    found->second.help = help;
  }
  GH_ASSERT(found->second.kind == kind);
  return found->second;
}

Counter& Metrics::counter(std::string_view name, std::string_view help, Labels labels) {
  const std::lock_guard lock(mutex_);
  return series(family(Kind::counter, name, help).counters, std::move(labels), [] { return std::make_unique<Counter>(); });
}

Histogram& Metrics::histogram(std::string_view name, std::string_view help, const std::vector<double>& upper_bounds, Labels labels) {
  const std::lock_guard lock(mutex_);
  return series(family(Kind::histogram, name, help).histograms, std::move(labels),
                [&] { return std::make_unique<Histogram>(upper_bounds); });
}

void Metrics::watch(Kind kind, std::string_view name, std::string_view help, std::function<std::vector<Sample>()> read) {
  GH_ASSERT(kind != Kind::histogram);
  const std::lock_guard lock(mutex_);
  family(kind, name, help).reads.push_back(std::move(read));
}

void Metrics::watch(Kind kind, std::string_view name, std::string_view help, std::function<double()> read) {
  watch(kind, name, help, [read = std::move(read)] { return std::vector<Sample>{Sample{{}, read()}}; });
}

void Metrics::append_family(std::string& out, const std::string& name, const Family& family) {
  append_head(out, name, family.help, name_of(family.kind));
  for (const auto& [labels, counter] : family.counters) append_sample(out, name, labels, counter->value());
  for (const auto& [labels, histogram] : family.histograms) append_histogram(out, name, labels, *histogram);
  for (const auto& read : family.reads) {
    for (const Sample& sample : read()) append_sample(out, name, write_labels(sample.labels), sample.value);
  }
}

std::string Metrics::scrape() const {
  const std::lock_guard lock(mutex_);
  std::string out;
  for (const auto& [name, family] : families_) append_family(out, name, family);
  return out;
}

}  // namespace gatehouse::telemetry
