//! Schemas that no single type has.

use utoipa::openapi::{
    ObjectBuilder, RefOr, Schema,
    schema::{KnownFormat, Object, SchemaFormat, SchemaType, Type},
};

/// A text.
pub(in crate::api) fn text() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String)
}

/// A time.
pub(in crate::api) fn instant() -> ObjectBuilder {
    text().format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)))
}

/// An object.
pub(in crate::api) fn object() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::Object)
}

/// The same, or null.
pub(in crate::api) fn optional(object: ObjectBuilder) -> Object {
    let mut object = object.build();
    if let SchemaType::Type(of) = object.schema_type {
        object.schema_type = SchemaType::Array(vec![of, Type::Null]);
    }
    object
}

/// A schema with the properties of another beside its own. Where it allows nothing but its own, it allows these too; where it
/// is one of several, each of them has them.
pub(in crate::api) fn with_properties(schema: RefOr<Schema>, more: &Object) -> RefOr<Schema> {
    match schema {
        RefOr::T(Schema::Object(mut object)) => {
            object.properties.extend(more.properties.clone());
            object.required.extend(more.required.clone());
            RefOr::T(Schema::Object(object))
        }
        RefOr::T(Schema::OneOf(mut one_of)) => {
            one_of.items = one_of.items.into_iter().map(|item| with_properties(item, more)).collect();
            RefOr::T(Schema::OneOf(one_of))
        }
        other => other,
    }
}
