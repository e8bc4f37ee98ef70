#include "gatehouse/wire/nlu/answer.h"

#include <cstddef>
#include <map>
#include <set>
#include <string_view>
#include <tuple>

namespace gatehouse::wire {
namespace {

// What makes two finds one: the place, and what it was found as.
using FindKey = std::tuple<std::string_view, std::string_view, std::optional<NluOffset>>;
FindKey key_of(const NluStep& step) { return {step.type, step.span, step.offset}; }

// Paths put together where they begin alike. Finds stand in the order in which they were met.
struct Branch {
  const NluStep* step = nullptr;  // the first that was met
  std::vector<Branch> below = {};
  std::map<FindKey, std::size_t> places = {};

  Branch& at(const NluStep& next) {
    const auto [found, fresh] = places.try_emplace(key_of(next), below.size());
    if (fresh) below.push_back({.step = &next});
    return below[found->second];
  }
};

Branch grow(std::span<const NluPath> paths) {
  Branch root;
  for (const NluPath& path : paths) {
    Branch* branch = &root;
    for (const NluStep& step : path) branch = &branch->at(step);
  }
  return root;
}

class OutputWriter {
 public:
  OutputWriter(JsonWriter& json, NluScores scores) : json_(&json), scores_(scores) {}

  void paths(std::span<const NluPath> paths) {
    json_->begin_list();
    for (const NluPath& path : paths) {
      json_->begin_list();
      for (const NluStep& step : path) whole(step);
      json_->end_list();
    }
    json_->end_list();
  }

  void flat(std::span<const NluPath> paths) {
    std::set<std::tuple<FindKey, double>> seen;
    json_->begin_list();
    for (const NluPath& path : paths) {
      for (const NluStep& step : path) {
        if (seen.emplace(key_of(step), step.score).second) whole(step);
      }
    }
    json_->end_list();
  }

  void tree(const Branch& branch) {
    json_->begin_list();
    for (const Branch& below : branch.below) {
      open(*below.step);
      json_->key("children");
      tree(below);
      json_->end_object();
    }
    json_->end_list();
  }

  void grouped(const Branch& branch) {
    std::vector<std::string_view> types;
    std::map<std::string_view, std::vector<const Branch*>> groups;
    for (const Branch& below : branch.below) {
      std::vector<const Branch*>& group = groups[below.step->type];
      if (group.empty()) types.push_back(below.step->type);
      group.push_back(&below);
    }
    json_->begin_object();
    for (const std::string_view type : types) {
      json_->key(type).begin_list();
      for (const Branch* below : groups[type]) item(*below);
      json_->end_list();
    }
    json_->end_object();
  }

 private:
  void open(const NluStep& step) {
    json_->begin_object().member("type", step.type).member("span", step.span).key("offset");
    if (step.offset) {
      json_->begin_list().value(step.offset->start).value(step.offset->end).end_list();
    } else {
      json_->null();
    }
    if (scores_ == NluScores::shown) json_->member("score", step.score);
    tell_source(step);
  }
  void tell_source(const NluStep& step) {
    if (step.source == NluSource::lexicon) json_->member("source", "lexicon");
  }
  void whole(const NluStep& step) {
    open(step);
    json_->end_object();
  }
  void item(const Branch& branch) {
    const NluStep& step = *branch.step;
    json_->begin_object().member("text", step.span);
    if (step.offset) {
      json_->member("start", step.offset->start).member("end", step.offset->end);
    } else {
      json_->member_null("start").member_null("end");
    }
    if (scores_ == NluScores::shown) json_->member("probability", step.score);
    tell_source(step);
    if (!branch.below.empty()) {
      json_->key("relations");
      grouped(branch);
    }
    json_->end_object();
  }

  JsonWriter* json_;
  NluScores scores_;
};

}  // namespace

void write_nlu_output(JsonWriter& json, std::span<const NluPath> paths, NluForm form, NluScores scores) {
  OutputWriter out(json, scores);
  switch (form) {
    case NluForm::paths:
      return out.paths(paths);
    case NluForm::grouped:
      return out.grouped(grow(paths));
    case NluForm::tree:
      return out.tree(grow(paths));
    case NluForm::flat:
      return out.flat(paths);
  }
}

}  // namespace gatehouse::wire
