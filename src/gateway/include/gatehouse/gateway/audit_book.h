// gateway/audit_book.h — the decisions of one reactor on their way to the audit trail, until somebody writes them down.
// Rules    what is alike within a minute is counted and has one record, once the minute is over. How many kinds are told apart is bounded,
//          for those whom nobody knows by itself: however many they are, whoever is known keeps a name
// Threads  its reactor
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "gatehouse/base/clock.h"
#include "gatehouse/telemetry/audit_content.h"
#include "gatehouse/telemetry/audit_record.h"

namespace gatehouse::gateway {

// What makes decisions alike. Views: they are copied when the first of them is counted.
struct AuditLikeness {
  const void* route = nullptr;
  std::int64_t minute = 0;  // since 1970
  std::uint32_t tenant_number = 0;
  std::string_view tenant, who;  // who: the id of a key or a user
  std::string_view address;      // where nobody is known: the network it came from
  std::string_view outcome, rule;
  bool is_strangers() const { return tenant.empty() && who.empty(); }
};

class AuditBook {
 public:
  using Records = std::vector<telemetry::AuditRecord>;
  static constexpr std::size_t most_records = 100'000, most_contents = 1'000;
  static constexpr std::size_t most_content_bytes = std::size_t{16} << 20U;
  static constexpr std::size_t most_alike = 10'000, most_strangers = 2'000;  // kinds
  // Refusals of somebody known that are alike and still have a record each, a minute.
  static constexpr std::uint64_t most_refusals = 60;

  // Called when a record comes that has to be written and none waited.
  void on_record(std::function<void()> wake) { wake_ = std::move(wake); }

  void add(telemetry::AuditRecord record);
  // What was asked, with the record that was added for it. Where too much waits it is not kept: it proves nothing.
  void add(telemetry::AuditContent content);
  // One more of a kind; make gives the record of the first. Where there are too many kinds, of somebody known or of strangers, those are
  // told apart by route and rule alone.
  template <class Make>
  void count(const AuditLikeness& like, const Make& make) {
    ++alike(like, make).counted;
  }
  // The same, but the first few of a minute have a record each.
  template <class Make>
  void refuse(const AuditLikeness& like, const Make& make) {
    Alike& kind = alike(like, make);
    if (kind.single >= most_refusals || full()) {
      ++kind.counted;
    } else {
      ++kind.single;
      add(make());
    }
  }
  // So many wait that nothing more must happen which needs a record.
  bool full() const { return records_.size() >= most_records; }

  // All that wait; none does then.
  Records take_records() { return std::exchange(records_, {}); }
  std::vector<telemetry::AuditContent> take_contents() {
    content_bytes_ = 0;
    return std::exchange(contents_, {});
  }
  // What was counted in the minutes before that one.
  Records take_counted(std::int64_t minute);
  // What could not be written.
  void put_back(Records records);

 private:
  struct Likeness {
    explicit Likeness(const AuditLikeness& like)
        : texts(std::string(like.tenant).append(like.who).append(like.address).append(like.outcome).append(like.rule)), view(like) {
      std::size_t at = 0;
      for (std::string_view* part : {&view.tenant, &view.who, &view.address, &view.outcome, &view.rule}) {
        *part = std::string_view(texts).substr(at, part->size());
        at += part->size();
      }
    }
    Likeness(const Likeness&) = delete;
    Likeness& operator=(const Likeness&) = delete;
    const std::string texts;
    AuditLikeness view;
  };
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(const AuditLikeness& like) const;
    std::size_t operator()(const Likeness& like) const { return (*this)(like.view); }
  };
  struct Equal {
    using is_transparent = void;
    bool same(const AuditLikeness& a, const AuditLikeness& b) const;
    bool operator()(const Likeness& a, const Likeness& b) const { return same(a.view, b.view); }
    bool operator()(const AuditLikeness& a, const Likeness& b) const { return same(a, b.view); }
    bool operator()(const Likeness& a, const AuditLikeness& b) const { return same(a.view, b); }
  };
  struct Alike {
    telemetry::AuditRecord record;
    std::uint64_t single = 0, counted = 0;
  };

  using Kinds = std::unordered_map<Likeness, Alike, Hash, Equal>;

  template <class Make>
  Alike& alike(const AuditLikeness& like, const Make& make) {
    Kinds::value_type*& latest = latest_[place_of(like)];
    if (latest != nullptr && Equal().same(like, latest->first.view)) return latest->second;
    Kinds& kinds = like.is_strangers() ? strangers_ : known_;
    const auto before = kinds.find(like);
    if (before != kinds.end()) {
      latest = &*before;
      return before->second;
    }
    if (kinds.size() < (like.is_strangers() ? most_strangers : most_alike)) return begin(kinds, like, make());
    AuditLikeness many = like;
    many.tenant_number = 0;
    many.tenant = many.who = many.address = {};
    const auto of_many = kinds.find(many);
    return of_many != kinds.end() ? of_many->second : begin(kinds, many, of_nobody(make()));
  }
  // Of the same principal and route mostly the same one.
  static std::size_t place_of(const AuditLikeness& like) {
    const auto address = [](const void* at) { return reinterpret_cast<std::uintptr_t>(at) / alignof(std::max_align_t); };
    return (address(like.who.data()) ^ address(like.route)) % latest_kinds;
  }
  static Alike& begin(Kinds& kinds, const AuditLikeness& like, telemetry::AuditRecord record);
  static void take_counted(Kinds& kinds, std::int64_t minute, Records& taken);
  static telemetry::AuditRecord of_nobody(telemetry::AuditRecord record);

  std::function<void()> wake_;
  Records records_;
  std::vector<telemetry::AuditContent> contents_;
  std::size_t content_bytes_ = 0;  // of those
  Kinds known_, strangers_;
  static constexpr std::size_t latest_kinds = 64;
  std::array<Kinds::value_type*, latest_kinds> latest_{};  // of the kinds that were counted last; null: none
};

// The minute that a time is in.
std::int64_t minute_of(WallTime time);

}  // namespace gatehouse::gateway
