// wire/json/codec.h — how each C++ type is read from JSON and what its schema is. For the .cc files that describe messages.
// A type with a shape of its own (a union, say) specialises Codec: read(value, out, rules, reading) and schema(writer, rules).
#pragma once
#include <array>
#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "gatehouse/base/result.h"
#include "gatehouse/wire/json/fields.h"

namespace gatehouse::wire {

template <class T>
struct Codec;

// Parts of the readers that need no template.
void read_string(const JsonValue& v, std::string& out, const Rules& rules, Reading& reading);
void read_integer(const JsonValue& v, std::int64_t& out, const Rules& rules, Reading& reading);
void read_number(const JsonValue& v, double& out, const Rules& rules, Reading& reading);
void read_bool(const JsonValue& v, bool& out, Reading& reading);
// The place of the string among rules.choices.
std::optional<std::size_t> read_choice(const JsonValue& v, std::span<const std::string_view> choices, Reading& reading);
// False, with a fault, when v is no list or has too few or too many items.
bool check_list(const JsonValue& v, const Rules& rules, Reading& reading);
bool check_any_object(const JsonValue& v, const Rules& rules, Reading& reading);
void wrong_kind(const JsonValue& v, std::string expected, Reading& reading);

void write_type(JsonWriter& w, std::string_view type, bool nullable);
void schema_string(JsonWriter& w, const Rules& rules);
void schema_integer(JsonWriter& w, const Rules& rules);
void schema_number(JsonWriter& w, const Rules& rules);
void schema_choice(JsonWriter& w, std::span<const std::string_view> choices, bool nullable);
void schema_list_head(JsonWriter& w, const Rules& rules);  // all but "items"
void schema_any_object(JsonWriter& w, const Rules& rules);

template <>
struct Codec<std::string> {
  static void read(const JsonValue& v, std::string& out, const Rules& rules, Reading& r) { read_string(v, out, rules, r); }
  static void schema(JsonWriter& w, const Rules& rules) { schema_string(w, rules); }
};

template <>
struct Codec<double> {
  static void read(const JsonValue& v, double& out, const Rules& rules, Reading& r) { read_number(v, out, rules, r); }
  static void schema(JsonWriter& w, const Rules& rules) { schema_number(w, rules); }
};

template <>
struct Codec<bool> {
  static void read(const JsonValue& v, bool& out, const Rules&, Reading& r) { read_bool(v, out, r); }
  static void schema(JsonWriter& w, const Rules& rules) { write_type(w, "boolean", rules.nullable); }
};

// The field's range must fit T; without one, T's own range holds.
template <std::integral T>
struct Codec<T> {
  static constexpr Rules within(Rules rules) {
    if (!std::in_range<T>(rules.int_low)) rules.int_low = static_cast<std::int64_t>(std::numeric_limits<T>::min());
    if (!std::in_range<T>(rules.int_high)) rules.int_high = static_cast<std::int64_t>(std::numeric_limits<T>::max());
    return rules;
  }
  static void read(const JsonValue& v, T& out, const Rules& rules, Reading& r) {
    std::int64_t wide = static_cast<std::int64_t>(out);
    read_integer(v, wide, within(rules), r);
    out = static_cast<T>(wide);
  }
  static void schema(JsonWriter& w, const Rules& rules) { schema_integer(w, within(rules)); }
};

template <class T>
struct Codec<std::optional<T>> {
  static void read(const JsonValue& v, std::optional<T>& out, const Rules& rules, Reading& r) {
    Codec<T>::read(v, out.emplace(), rules, r);
  }
  static void schema(JsonWriter& w, const Rules& rules) { Codec<T>::schema(w, rules); }
};

// Reads each item with a step of the path, until the reading is full.
template <class EachItem>
void read_items(const JsonValue& list, Reading& r, EachItem each) {
  std::size_t index = 0;
  for (const JsonValue& item : list.items()) {
    if (r.full()) return;
    const PathStep step(r, index++);
    each(item);
  }
}

// The rules about items are the list's; all others hold for each item.
template <class T>
struct Codec<std::vector<T>> {
  static Rules of_items(const Rules& rules) {
    Rules item = rules;
    item.nullable = false;
    item.min_items = 0, item.max_items = no_limit;
    return item;
  }
  static void read(const JsonValue& v, std::vector<T>& out, const Rules& rules, Reading& r) {
    if (!check_list(v, rules, r)) return;
    const Rules item_rules = of_items(rules);
    read_items(v, r, [&](const JsonValue& item) { Codec<T>::read(item, out.emplace_back(), item_rules, r); });
  }
  static void schema(JsonWriter& w, const Rules& rules) {
    schema_list_head(w, rules);
    w.key("items").begin_object();
    Codec<T>::schema(w, of_items(rules));
    w.end_object();
  }
};

// Enumerations whose values are 0, 1, 2 … and whose JSON names stand in EnumNames<E>::names.
template <class E>
struct EnumNames;
template <class E>
  requires std::is_enum_v<E>
struct Codec<E> {
  static void read(const JsonValue& v, E& out, const Rules&, Reading& r) {
    if (const auto chosen = read_choice(v, EnumNames<E>::names, r)) out = static_cast<E>(*chosen);
  }
  static void schema(JsonWriter& w, const Rules& rules) { schema_choice(w, EnumNames<E>::names, rules.nullable); }
};

// Values that are looked at no further.
struct AnyObject {
  std::size_t members = 0;
};
struct AnyObjects {
  std::size_t items = 0;
};
struct OnlyNull {};

template <>
struct Codec<AnyObject> {
  static void read(const JsonValue& v, AnyObject& out, const Rules& rules, Reading& r);
  static void schema(JsonWriter& w, const Rules& rules) { schema_any_object(w, rules); }
};
template <>
struct Codec<AnyObjects> {
  static void read(const JsonValue& v, AnyObjects& out, const Rules& rules, Reading& r);
  static void schema(JsonWriter& w, const Rules& rules);
};
template <>
struct Codec<OnlyNull> {
  static void read(const JsonValue& v, OnlyNull&, const Rules&, Reading& r) {
    if (!v.is_null()) wrong_kind(v, "null", r);
  }
  static void schema(JsonWriter& w, const Rules&) { w.member("type", "null"); }
};

template <class T>
concept Described = requires { Description<T>::fields(); };

template <Described T>
struct Codec<T> {
  static constexpr auto fields = Description<T>::fields();
  static void read(const JsonValue& v, T& out, const Rules&, Reading& r) {
    const std::size_t before = r.count();
    read_object(v, &out, fields, r);
    if constexpr (requires { Description<T>::check(out, r); }) {
      if (r.count() == before) Description<T>::check(out, r);  // what holds across fields, once each is right
    }
  }
  static void schema(JsonWriter& w, const Rules& rules) {
    write_object_schema(w, fields, rules.nullable);
    if constexpr (requires { Description<T>::across(w); }) Description<T>::across(w);
  }
};

template <class Member>
struct MemberOf;
template <class Owner_, class Type_>
struct MemberOf<Type_ Owner_::*> {
  using Owner = Owner_;
  using Type = Type_;
};

// A member of Owner, which may inherit it.
template <class Owner, auto member>
constexpr Field field_of(std::string_view name, std::string_view doc) {
  using Type = typename MemberOf<decltype(member)>::Type;
  return {.name = name,
          .doc = doc,
          .read = [](const JsonValue& v, void* owner, const Rules& rules,
                     Reading& r) { Codec<Type>::read(v, static_cast<Owner*>(owner)->*member, rules, r); },
          .schema = &Codec<Type>::schema};
}
template <auto member>
constexpr Field field(std::string_view name, std::string_view doc) {
  return field_of<typename MemberOf<decltype(member)>::Owner, member>(name, doc);
}
// Accepted, checked as a T and then dropped.
template <class T>
constexpr Field field_without_effect(std::string_view name, std::string_view doc) {
  return {.name = name,
          .doc = doc,
          .read =
              [](const JsonValue& v, void*, const Rules& rules, Reading& r) {
                T dropped{};
                Codec<T>::read(v, dropped, rules, r);
              },
          .schema = &Codec<T>::schema};
}

template <Described T>
Result<T> read_described(const JsonValue& value) {
  Reading reading;
  T out;
  Codec<T>::read(value, out, Rules{}, reading);
  if (!reading.clean()) return std::move(reading).error();
  return out;
}

template <Described T>
void write_schema_of(JsonWriter& w) {
  w.begin_object();
  Codec<T>::schema(w, Rules{});
  w.end_object();
}

}  // namespace gatehouse::wire
