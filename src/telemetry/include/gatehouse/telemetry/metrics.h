// telemetry/metrics.h — counters, histograms and values read at scrape time, in Prometheus's text format.
// Units    whatever the name says; times in seconds
// Threads  add() and observe() from any thread and without a lock; look handles up once and keep them (they live as long as
//          the Metrics). Registering and scraping take a lock; callbacks run under it and must not register anything
// Source   Prometheus text exposition format 0.0.4
#pragma once
#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gatehouse::telemetry {

// Threads are spread over cells of their own, so that counting does not make cores wait for one another.
inline constexpr std::size_t metric_shards = 8;

class Counter {
 public:
  void add(std::uint64_t n = 1);
  std::uint64_t value() const;

 private:
  struct alignas(64) Shard {
    std::atomic<std::uint64_t> count{0};
  };
  std::array<Shard, metric_shards> shards_;
};

// What goes up and down. Whoever has raised it lowers it again, also from another thread.
class Level {
 public:
  void add(std::int64_t n);
  std::int64_t value() const;

 private:
  struct alignas(64) Shard {
    std::atomic<std::int64_t> count{0};
  };
  std::array<Shard, metric_shards> shards_;
};

class Histogram {
 public:
  explicit Histogram(std::vector<double> upper_bounds);  // ascending, without +Inf
  void observe(double value);                            // what is not a number does not count

  struct Reading {
    std::vector<std::uint64_t> counts;  // one a bound and one above them all, not cumulative
    double sum = 0;
  };
  const std::vector<double>& upper_bounds() const { return bounds_; }
  Reading read() const;

 private:
  struct alignas(64) Shard {
    std::vector<std::atomic<std::uint64_t>> counts;
    std::atomic<double> sum{0};
  };
  const std::vector<double> bounds_;
  std::array<Shard, metric_shards> shards_;
};

using Labels = std::vector<std::pair<std::string, std::string>>;

struct Sample {
  Labels labels;
  double value = 0;
};

class Metrics {
 public:
  // The same name and labels give the same object. A family that holds 1000 series puts further ones under labels "other".
  // A name must keep its kind and be one that Prometheus takes: asserted.
  Counter& counter(std::string_view name, std::string_view help, Labels labels = {});
  Histogram& histogram(std::string_view name, std::string_view help, const std::vector<double>& upper_bounds, Labels labels = {});

  enum class Kind { counter, gauge, histogram };
  // A gauge, or a counter that is kept elsewhere. What read touches must outlive the last scrape.
  void watch(Kind kind, std::string_view name, std::string_view help, std::function<std::vector<Sample>()> read);
  void watch(Kind kind, std::string_view name, std::string_view help, std::function<double()> read);

  static constexpr std::string_view content_type = "text/plain; version=0.0.4; charset=utf-8";
  std::string scrape() const;

 private:
  struct Family {
    Kind kind = Kind::counter;
    std::string help;
    std::map<std::string, std::unique_ptr<Counter>> counters;  // by labels as they are written
    std::map<std::string, std::unique_ptr<Histogram>> histograms;
    std::vector<std::function<std::vector<Sample>()>> reads;
  };
  Family& family(Kind kind, std::string_view name, std::string_view help);  // under mutex_
  static void append_family(std::string& out, const std::string& name, const Family& family);

  mutable std::mutex mutex_;
  std::map<std::string, Family, std::less<>> families_;  // under mutex_
};

}  // namespace gatehouse::telemetry
