//! The tables, made by `shared/domain/geography/generate`.

pub(super) mod area_codes;
pub(super) mod calling_codes;
pub(super) mod states;
pub(super) mod zones;

/// A bit for each ZIP code, the lowest first.
pub(super) static ZIP_ASSIGNED: &[u8; 12_500] = include_bytes!("zip_assigned.bin");
/// For each assigned ZIP code: its city and its district.
pub(super) static ZIP_ROWS: &[u8] = include_bytes!("zip_rows.bin");
/// Counties, each within one state and one zone.
pub(super) static ZIP_DISTRICTS: &[u8] = include_bytes!("zip_districts.bin");
/// The names of cities.
pub(super) static ZIP_CITIES: &[u8] = include_bytes!("zip_cities.bin");
/// All names, run together.
pub(super) static ZIP_NAMES: &str = include_str!("zip_names.txt");
